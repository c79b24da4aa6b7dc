// What HTML alone cannot do. Every page works without it.

// Visitors see times in their own zone from the next page on (accounts keep theirs in the profile).
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`time_zone=${zone}`)) {
  document.cookie = `time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

// <form data-autosubmit>: sends itself when a choice changes; HTMX forms have their own trigger.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-autosubmit]:not([hx-get])")) form.requestSubmit();
});

// <form data-confirm="Leave the league?" data-confirm-yes="Leave">: asks first, in a dialog.
const dialog = document.createElement("dialog");
dialog.className = "dialog";
dialog.setAttribute("aria-labelledby", "confirm-text");
dialog.innerHTML = `
  <p class="dialog__body" id="confirm-text"></p>
  <form method="dialog" class="dialog__actions">
    <button class="button button--quiet" value="no" autofocus>Cancel</button>
    <button class="button" value="yes"></button>
  </form>`;
let asked = null;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm) return;
  if (asked?.form === form && asked.agreed) {
    asked = null;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  asked = { form, submitter: event.submitter, agreed: false };
  dialog.querySelector("#confirm-text").textContent = form.dataset.confirm;
  dialog.querySelector("[value=yes]").textContent = form.dataset.confirmYes ?? "Yes";
  dialog.returnValue = "no";
  document.body.append(dialog); // again, in case HTMX replaced the body
  dialog.showModal();
}, { capture: true });

dialog.addEventListener("close", () => {
  if (!asked) return;
  if (dialog.returnValue !== "yes") {
    asked = null;
    return;
  }
  asked.agreed = true;
  asked.form.requestSubmit(asked.submitter);
});

// <form data-ends-push>: whoever logs out, or removes this browser, is told nothing more in it, even before the server knows.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("endsPush" in form.dataset && navigator.serviceWorker && window.PushManager)) return;
  event.preventDefault();
  try {
    await Promise.race([endPush(), new Promise((go) => setTimeout(go, 3000))]); // the browser may ask its maker's server
  } finally {
    form.submit();
  }
});

const endPush = async () => {
  const registration = await navigator.serviceWorker.getRegistration("/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
};

// <details data-menu> closes by Escape and by a click elsewhere.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.activeElement.closest("details[data-menu][open]")?.querySelector("summary").focus();
  closeMenus(null);
});

// Whoever replaced the part of the page that they were in goes on there: at the tab that they chose, else at its beginning.
const leaving = new WeakMap(); // request → what had the focus
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.contains(document.activeElement)) leaving.set(detail.xhr, document.activeElement);
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const left = leaving.get(detail.xhr);
  const part = left && document.activeElement === document.body && document.getElementById(detail.target.id);
  if (!part) return;
  const tab = left.closest(".tabs") && part.querySelector(".tabs [aria-current]");
  if (!tab) part.tabIndex = -1;
  (tab || part).focus({ preventScroll: true });
});

// Messages: [data-dismiss] closes its notice; a request that got no proper answer says so.
document.addEventListener("click", (event) => {
  const notice = event.target.closest("[data-dismiss]")?.closest(".notice");
  if (!notice) return;
  notice.remove();
  document.querySelector("#main").focus({ preventScroll: true });
});
const complain = (text) => {
  const notice = document.createElement("p");
  notice.className = "notice notice--error toast";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  document.querySelector("#messages").replaceChildren(notice);
};
document.addEventListener("htmx:sendError", () => complain("The server cannot be reached. Check the connection and try again."));
document.addEventListener("htmx:responseError", () => complain("Something went wrong on our side. Please try again."));
