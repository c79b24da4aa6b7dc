// The draft room, live. Without this module the room polls by HTMX, and without scripts its forms work all the same.
//
//   stream    an EventSource tells that something happened; what it looks like now is fetched by HTMX ("news" on #strip)
//   swaps     keep what is being typed, what is open and how far it is scrolled
//   turn      the viewer's own turn: icon, chime, vibration, and words for screen readers; the title comes with the page
//   people    dots at the teams whose players are here; the chat is fetched anew when somebody said something
//   parts     on narrow screens one part of the room at a time
//   keys      the whole room by keyboard
//
// #strip carries what this needs to know; it comes anew with every swap, so it is read at each use.

const FINITE = 2000; // ms: an answer that ends so soon is a whole one, which EventSource asks for again and again
const STALE = 10_000; // ms without a connection after which the page says since when it is old
const HOPELESS = 5; // refusals in a row after which the page only polls, and tries the stream once a minute
const SAFETY = 60_000; // ms after which a page looks for news though the stream is silent

const $ = (selector) => document.querySelector(selector);
const strip = () => $("#strip");
const info = () => strip()?.dataset ?? {};
const version = () => Number(info().version);
const since = () => performance.now();
const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* for this visit, then */ } };

/** Say it politely; the same words twice are said twice. */
const say = (text) => {
  const line = document.createElement("p");
  line.textContent = text;
  $("#announce").replaceChildren(line);
};

// News ------------------------------------------------------------------------------------------

let wanted = 0; // the newest version that is known of
let reason = null; // to ask though no newer one is known of: "news" if there is one, "look" for all anew
let timer = null;
let isPressed = false;
let askedAt = since();

const isBusy = () =>
  isPressed || "dragging" in document.documentElement.dataset || $("#room.htmx-request, #room .htmx-request");

const ask = (delay = 80) => {
  timer ??= setTimeout(fetchNews, delay);
};

const fetchNews = () => {
  timer = null;
  if (!strip() || (wanted <= version() && !reason)) return;
  if (isBusy()) ask(100);
  else htmx.trigger(strip(), reason ?? "news");
};

/** Watchers come within a second, not all at once. */
const learn = (number) => {
  wanted = Math.max(wanted, number);
  ask(info().plays ? 80 : 80 + Math.random() * 1000);
};

const look = () => {
  reason = "look";
  ask(0);
};

const catchUp = () => {
  reason ??= "news";
  ask(0);
};

// A swap between press and release would lose the click.
document.addEventListener("pointerdown", () => {
  isPressed = true;
  setTimeout(() => { isPressed = false; }, 1000);
});
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => { isPressed = false; });

/** Whose request it is; the event itself may come from above, where that was replaced. */
const asker = (event) => event.detail.requestConfig?.elt ?? event.detail.elt;
const isNews = (event) => asker(event).id === "strip";
const isPoll = (event) => !event.detail.requestConfig.triggeringEvent;

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (asker(event).id === "chat-news" && isPoll(event) && isHeld()) event.preventDefault();
  if (!isNews(event)) return;
  if (isOver || isPoll(event) && (isBusy() || (isLive && since() - askedAt < SAFETY))) event.preventDefault();
  else askedAt = since();
});

document.body.addEventListener("htmx:configRequest", (event) => {
  if (isNews(event) && event.detail.triggeringEvent?.type === "look") event.detail.parameters.seen = "";
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (!isNews(event)) return;
  const { xhr, successful } = event.detail;
  if (successful) {
    reason = null;
    connect();
    contact(xhr.status === 200);
  } else if (xhr.status === 404 || xhr.status === 403) {
    end();
  } else {
    lose();
    if (source?.readyState === EventSource.OPEN) { // dead, without knowing it
      close();
      setTimeout(connect, 1000 + Math.random() * 2000);
    }
  }
  if (wanted > version()) ask(successful ? 80 : 2000);
});

// The badge tells of what is not reached; there is no need for a notice of its own each time.
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(name, (event) => { if (isNews(event)) event.stopPropagation(); });
}

// The stream ------------------------------------------------------------------------------------

let source = null;
let openedAt = null; // when the stream opened; null while it is not open
let isLive = false; // whether it tells what happens: open, or between two whole answers
const isHeld = () => isLive && openedAt !== null && since() - openedAt > FINITE;
let lostAt = null; // when the connection was lost, by the server's clock and by the one that nobody sets
let refusals = 0;
let isOver = false;
let here = null; // ids of those who are here

let clock = { now: "", at: 0 }; // the server's time of the strip, and when that came

const serverTime = () => Number(clock.now) + since() - clock.at;

const hour = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", timeZone: info().zone });

const badge = (state, text) => {
  const element = $("#connection");
  if (!element || element.dataset.state + element.textContent === state + text) return;
  element.dataset.state = state;
  element.textContent = text;
};

const show = () => {
  if (isOver) badge("over", "Not live");
  else if (!info().events) badge("", "");
  else if (lostAt && !isLive && since() - lostAt.at > STALE) badge("stale", `Stale since ${hour(lostAt.time)} – reconnecting`);
  else if (lostAt) badge("lost", isLive ? "Catching up…" : "Reconnecting…");
  else if (isLive) badge("live", here?.size ? `Live · ${here.size} here` : "Live");
  else if (source && !refusals) badge("lost", "Connecting…");
  else badge("polling", "Every 10 s");
};

const lose = () => {
  isLive = false;
  lostAt ??= { at: since(), time: serverTime() };
  show();
};

/** The server was reached: tell it where it had been lost, with what happened in between. */
const contact = (isNew) => {
  if (lostAt && since() - lostAt.at > 1000) say(`The connection is back. ${isNew ? $("#announce").textContent : ""}`);
  lostAt = null;
  show();
};

/** The room is not this viewer's any more, or does not take place. */
const end = () => {
  isOver = true;
  close();
  say("This room is not open to you any more.");
  show();
};

const close = () => {
  source?.close();
  source = openedAt = null;
  isLive = false;
};

const connect = () => {
  const { events, kinds } = info();
  if (!events || isOver || !("EventSource" in window)) return close();
  if (source && source.readyState !== EventSource.CLOSED) return undefined;
  source = new EventSource(`${events}?after=${version()}`);
  source.onopen = () => {
    openedAt = since();
    isLive = true;
    refusals = 0;
    if (lostAt) catchUp();
    show();
  };
  source.onerror = ({ target }) => {
    const isWhole = openedAt !== null && since() - openedAt < FINITE;
    openedAt = null;
    if (!isWhole) lose();
    if (target.readyState !== EventSource.CLOSED) return;
    refusals += 1;
    catchUp(); // the page's own address knows why
    setTimeout(connect, refusals < HOPELESS ? 1000 * 2 ** refusals : SAFETY);
  };
  for (const kind of kinds.split(" ")) {
    source.addEventListener(kind, (event) => learn(Number(event.lastEventId)));
  }
  source.addEventListener("presence", (event) => {
    here = new Set(JSON.parse(event.data).here);
    showPeople();
    show();
  });
  source.addEventListener("chat", hearChat);
  return undefined;
};

// Whoever only watches lets go of the stream while nobody looks: browsers allow few to one host.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    if (hasSlept()) look();
    connect();
  } else if (!info().plays) {
    close();
  }
});
addEventListener("offline", () => { close(); lose(); });
addEventListener("online", () => { connect(); catchUp(); });
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => {
  const isOld = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (isOld) look();
  connect();
});
setInterval(show, 1000);

/** Whether the device slept, in which the clock that nobody sets may have stood still. */
let drift = Date.now() - since();
const hasSlept = () => {
  const before = drift;
  drift = Date.now() - since();
  return Math.abs(drift - before) > 1500;
};

// Swaps -----------------------------------------------------------------------------------------

/** An answer for, or to, a part that another answer has replaced meanwhile is left aside: what is there is newer. */
const leaveAside = (event) => {
  if (!event.target.isConnected || !event.detail.requestConfig.elt.isConnected) event.detail.shouldSwap = false;
};

// A part that is out of the page by the time of the answer is heard by itself alone.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  event.detail.target.addEventListener("htmx:beforeSwap", leaveAside);
});

let kept = null;
const isTyped = (field) => field.id && field.type !== "hidden" && !field.closest("#driver-filters");
const isChanged = (field) => {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return ![...field.options].every((option) => option.selected === option.defaultSelected);
  return field.value !== field.defaultValue;
};

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (!event.detail.shouldSwap || !["room", "strip"].includes(target?.id)) return;
  const sent = requestConfig.elt;
  const active = document.activeElement;
  kept = {
    open: [...document.querySelectorAll("#room details[id][open]")].filter((element) => !element.contains(sent)),
    fields: [...document.querySelectorAll("#room :is(input, select, textarea)")].filter(
      (field) => isTyped(field) && isChanged(field) && !sent.contains(field),
    ),
    scrolled: [...document.querySelectorAll("#room [data-scrolls]")].map(({ id, scrollLeft, scrollTop }) => ({ id, scrollLeft, scrollTop })),
    selection: [active.id, active.selectionStart, active.selectionEnd],
  };
});

document.body.addEventListener("htmx:afterSwap", () => {
  if (!kept) return;
  for (const { id } of kept.open) {
    const element = document.getElementById(id);
    if (element) element.open = true;
  }
  for (const old of kept.fields) {
    const field = document.getElementById(old.id);
    if (!field || field === old) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = old.checked;
    else field.value = old.value;
  }
  for (const { id, ...places } of kept.scrolled) Object.assign(document.getElementById(id) ?? {}, places);
  const [id, from, to] = kept.selection;
  const field = id && document.getElementById(id);
  if (field && (document.activeElement === document.body || document.activeElement === field)) {
    field.focus({ preventScroll: true }); // HTMX could not, as long as it was folded away
    if (typeof from === "number") field.setSelectionRange(from, to);
  }
  kept = null;
});

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.closest?.("#room")) settle();
});

/** Buttons tell that they are at work; a failure gives them back. */
document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const button = detail.requestConfig.triggeringEvent?.submitter;
  if (detail.requestConfig.verb !== "post" || !button?.matches(".button")) return;
  const label = button.innerHTML;
  button.textContent = "Sending…";
  detail.xhr.addEventListener("loadend", () => { button.innerHTML = label; });
});

// One's own turn --------------------------------------------------------------------------------

const icon = $("link[rel=icon]");
const plainIcon = icon?.href;
let turn = null; // the pick that is the viewer's turn, empty while it is another's
let warned = null;
let audio = null;

const hasSound = () => recall("room-sound") === "on";

/** Two notes; silent as long as the browser has not let the page make a sound. */
const chime = (...notes) => {
  if (!hasSound() || !audio) return;
  notes.forEach((frequency, place) => {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + place * 0.18;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.4);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.45);
  });
};

/** Browsers let a page make sounds only after somebody pressed something in it. */
const wakeSound = () => {
  if (!hasSound() || !("AudioContext" in window)) return;
  audio ??= new AudioContext();
  audio.resume();
};
for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, wakeSound);

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-sound]")) return;
  keep("room-sound", hasSound() ? "off" : "on");
  wakeSound();
  chime(660, 880);
  showSound();
});

const showSound = () => {
  for (const button of document.querySelectorAll("[data-sound]")) button.setAttribute("aria-pressed", hasSound());
};

const showTurn = () => {
  const before = turn;
  turn = info().turn;
  if (icon) icon.href = turn ? info().icon : plainIcon;
  if (!turn || turn === before) return;
  $("#alert").textContent = `You are on the clock: pick ${turn}.`;
  if (before === null && document.hasFocus()) return; // the page was opened on it
  chime(660, 880);
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
};

document.addEventListener("countdown", ({ target, detail: left }) => {
  if (target.closest("#strip") === null) return;
  if (left <= 0) {
    // The server settles what expired and tells it; whoever hears nothing asks.
    reason ??= "news";
    ask(isLive ? 4000 + Math.random() * 2000 : 2500);
    return;
  }
  const { total } = target.dataset;
  if (!turn) return;
  const seconds = Math.ceil(left / 1000);
  if ([60, 30, 10].includes(seconds)) say(`${seconds} seconds left for your pick.`);
  if (total && left <= total / 4 && warned !== turn) {
    warned = turn;
    chime(880, 660);
  }
});

// People and their talk -------------------------------------------------------------------------

const showPeople = () => {
  for (const dot of document.querySelectorAll("#room [data-user]")) dot.hidden = !here?.has(Number(dot.dataset.user));
};

const hearChat = () => {
  if ($("#chat-news")) htmx.trigger("#chat-news", "chat");
  if (part() !== "chat" && isNarrow.matches) document.documentElement.dataset.unread = "";
};

// Parts of the room, on narrow screens -----------------------------------------------------------

const isNarrow = matchMedia("(width < 64rem)");
const root = document.documentElement;
const links = () => [...document.querySelectorAll("#room-tabs a")];
const part = () => root.dataset.part;

const choosePart = (name) => {
  root.dataset.part = links().some((link) => link.dataset.part === name) ? name : "drivers";
  if (part() === "chat") delete root.dataset.unread;
  showParts();
};

const showParts = () => {
  for (const link of links()) {
    if (link.dataset.part === part()) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("#room-tabs a");
  if (!link || !isNarrow.matches) return;
  event.preventDefault();
  history.replaceState(history.state, "", link.hash);
  choosePart(link.dataset.part);
  if (scrollY > $("#room").offsetTop) $("#room").scrollIntoView();
});

// Keys ------------------------------------------------------------------------------------------

const hasKeys = () => recall("room-keys") !== "off";
const rows = () => [...document.querySelectorAll("#driver-rows .driver-row")];
const HANDLES = ['[name="driver"]', "[data-star]", ".driver-row__name"];
const handle = (row) => HANDLES.map((what) => row?.querySelector(what)).find(Boolean);

const moveBy = (step) => {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = handle(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))]);
  if (isNarrow.matches && part() !== "drivers") choosePart("drivers");
  next?.focus();
};

const KEYS = {
  j: () => moveBy(1),
  k: () => moveBy(-1),
  q: () => document.activeElement.closest("#driver-rows .driver-row")?.querySelector("[data-star]")?.click(),
  "/": () => {
    if (isNarrow.matches) choosePart("drivers");
    $("#filter-q")?.focus();
  },
  "?": () => $("#keys").showModal(),
  Escape: () => $("#confirm a")?.click(),
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const isTyping = target.matches("input:not([type=checkbox], [type=radio]), select, textarea");
  if (key === "Escape" && target.id === "filter-q") return moveBy(0);
  const isArrow = key === "ArrowDown" || key === "ArrowUp";
  if (isArrow && (target.closest("#driver-rows") || (target.id === "filter-q" && key === "ArrowDown"))) {
    event.preventDefault();
    return moveBy(key === "ArrowDown" ? 1 : -1);
  }
  if (isTyping || !KEYS[key] || (key.length === 1 && !hasKeys())) return undefined;
  if (key !== "Escape") event.preventDefault();
  return KEYS[key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) $("#keys").showModal();
});
$("#keys-on")?.addEventListener("change", (event) => keep("room-keys", event.target.checked ? "on" : "off"));

// After every swap ------------------------------------------------------------------------------

function settle() {
  if (!strip()) return;
  if (clock.now !== info().now) clock = { now: info().now, at: since() };
  wanted = Math.max(wanted, version());
  connect();
  show();
  showSound();
  showTurn();
  showPeople();
  showParts();
  const toast = $("#notice .notice--success");
  if (toast) setTimeout(() => toast.remove(), 8000);
}

if (strip()) {
  clock = { now: info().now, at: performance.getEntriesByType("navigation")[0]?.responseStart ?? 0 };
  if ($("#keys-on")) $("#keys-on").checked = hasKeys();
  choosePart(location.hash.slice(1));
  settle();
}
