// [data-countdown]: counts down to a moment of the server's clock, whatever this device's clock says.
//   data-now, data-deadline   the server's time as the page was made, and the deadline: ms since 1970
//   data-total                ms of the whole time, for the ring
//   inside                    [data-countdown-text] for the time left, circle[data-countdown-ring] (pathLength 1)
// Tells each whole second by the event "countdown", with the ms left (at most 0 at the end) as its detail.

const MINUTE = 60, HOUR = 3600;
const seen = new WeakMap(); // element → when it came, by the clock that nobody sets
const told = new WeakMap(); // element → the second told last
const arrival = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;

/** 65 → "1:05"; from an hour on "5 h 12 min". */
const timeLeft = (seconds) => {
  if (seconds >= HOUR) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  return `${Math.floor(seconds / MINUTE)}:${String(seconds % MINUTE).padStart(2, "0")}`;
};

const tick = (element) => {
  const { now, deadline, total } = element.dataset;
  if (seen.get(element)?.now !== now) seen.set(element, { now, at: performance.now() });
  const left = deadline - now - (performance.now() - seen.get(element).at);
  const seconds = Math.max(0, Math.ceil(left / 1000));
  if (told.get(element) === seconds) return;
  told.set(element, seconds);
  const text = element.querySelector("[data-countdown-text]");
  if (text) text.textContent = seconds ? timeLeft(seconds) : "Time is up";
  const share = total ? Math.min(1, Math.max(0, left / total)) : 1;
  element.querySelector("[data-countdown-ring]")?.style.setProperty("stroke-dashoffset", 1 - share);
  element.dispatchEvent(new CustomEvent("countdown", { bubbles: true, detail: left }));
};

const tickAll = () => document.querySelectorAll("[data-countdown]").forEach(tick);
for (const element of document.querySelectorAll("[data-countdown]")) {
  seen.set(element, { now: element.dataset.now, at: arrival });
}
tickAll();
setInterval(tickAll, 200);
document.addEventListener("htmx:afterSettle", tickAll);
