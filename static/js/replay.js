// [data-play]: shows a draft's replay event by event, one a second, until its end or until it is pressed again.

const PAUSE = 1000; // ms
let timer = null;

const show = () => {
  const button = document.querySelector("[data-play]");
  button?.setAttribute("aria-pressed", String(timer !== null));
};

const stop = () => {
  clearInterval(timer);
  timer = null;
  show();
};

const step = () => {
  const next = document.querySelector("#replay-after[href]");
  if (next) next.click();
  else stop();
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-play]")) {
    if (timer) return stop();
    timer = setInterval(step, PAUSE);
    step();
    show();
  } else if (timer && event.isTrusted && event.target.closest(".replay__steps a")) {
    stop();
  }
  return undefined;
});
document.addEventListener("htmx:afterSettle", show);
document.addEventListener("htmx:sendError", stop);
