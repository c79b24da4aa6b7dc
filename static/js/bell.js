// The bell follows what happens while a page is open. Without this module it is as old as the page.

const PATH = "/api/v1/notifications/events";
const FINITE = 2000; // ms: an answer that ends so soon is a whole one, from a server without open streams
const REFUSED = 30_000; // ms after which it is tried again at the earliest
const SPREAD = 1500; // ms in which the pages of all who were told the same look at their bells

let source = null;
let timer = null;

const bell = () => document.getElementById("bell");

const look = () => {
  timer = null;
  if (!bell() || source?.readyState === EventSource.CONNECTING) return; // once it is back, the stream says so again
  htmx.ajax("GET", bell().dataset.look, { target: "#bell", swap: "outerHTML" }).catch(() => {}); // HTMX tells of it
};

const open = () => {
  if (source || !bell()) return;
  const begun = performance.now();
  source = new EventSource(PATH);
  source.addEventListener("notifications", ({ data }) => {
    // The first one tells how many are unread, each further one only that there is news.
    if (JSON.parse(data).unread !== Number(bell()?.dataset.unread)) timer ??= setTimeout(look, Math.random() * SPREAD);
  });
  source.addEventListener("error", ({ target }) => {
    if (target.readyState === EventSource.CLOSED) { // refused, as while the server starts anew
      close();
      setTimeout(() => { if (!document.hidden) open(); }, REFUSED * (1 + Math.random()));
    } else if (performance.now() - begun < FINITE) close();
  });
};

const close = () => {
  source?.close();
  source = null;
};

// A hidden page holds no connection, of which a browser has few.
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
window.addEventListener("pagehide", close);
if (!document.hidden) open();
