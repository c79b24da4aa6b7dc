// The settings page: asks the browser for its leave to show notifications, once somebody presses the button, and never before.

const panel = document.getElementById("push");
const add = panel.querySelector("[data-push-add]");
const decoded = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const say = (what) => {
  for (const each of panel.querySelectorAll("[data-push-says]")) each.hidden = each.dataset.pushSays !== what;
  add.hidden = what !== "off" && what !== "failed";
};

const isSupported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const isOfKey = ({ options }) => String(new Uint8Array(options.applicationServerKey)) === String(decoded(panel.dataset.key));
const rowOf = (subscription) => panel.querySelector(`[data-endpoint="${CSS.escape(subscription.endpoint)}"]`);

const current = async () => (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();

const look = async () => {
  if (!isSupported) return say(isApple ? "ios" : "unsupported");
  if (Notification.permission === "denied") return say("blocked");
  const subscription = await current();
  const row = subscription && isOfKey(subscription) && rowOf(subscription);
  if (!row) return say("off");
  row.classList.add("is-current");
  row.querySelector("[data-push-here]").hidden = false;
  row.querySelector("form").dataset.endsPush = "";
  return say("on");
};

const subscribe = async () => {
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  await (await pushManager.getSubscription())?.unsubscribe(); // it may be of another key, or of somebody else
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decoded(panel.dataset.key) });
};

if (add) {
  add.addEventListener("submit", async (event) => {
    event.preventDefault();
    if ((await Notification.requestPermission()) !== "granted") return look();
    try {
      const { endpoint, keys } = (await subscribe()).toJSON();
      Object.assign(add.elements.endpoint, { value: endpoint });
      Object.assign(add.elements.p256dh, { value: keys.p256dh });
      Object.assign(add.elements.auth, { value: keys.auth });
    } catch {
      return say("failed");
    }
    return add.submit();
  });
  look();
}
