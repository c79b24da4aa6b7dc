// The bell follows what happens while a page is open. Without this module it is as old as the page.

const PATH = "/api/v1/notifications/events";
const FINITE = 2000; // ms: an answer that ends so soon is a whole one, from a server without open streams
const SPREAD = 1500; // ms in which the pages of all who were told the same look at their bells

let source = null;
let timer = null;

const bell = () => document.getElementById("bell");

const look = () => {
  timer = null;
  if (bell()) htmx.ajax("GET", bell().dataset.look, { target: "#bell", swap: "outerHTML" });
};

const open = () => {
  if (source || !bell()) return;
  const begun = performance.now();
  source = new EventSource(PATH);
  source.addEventListener("notifications", ({ data }) => {
    const { unread } = JSON.parse(data);
    if (unread !== Number(bell()?.dataset.unread)) timer ??= setTimeout(look, Math.random() * SPREAD);
  });
  source.addEventListener("error", () => { if (performance.now() - begun < FINITE) close(); });
};

const close = () => {
  source?.close();
  source = null;
};

// A hidden page holds no connection, of which a browser has few; it looks when it is seen again.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else {
    open();
    look();
  }
});
window.addEventListener("pagehide", close);
if (!document.hidden) open();
