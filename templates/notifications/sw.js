{% load static %}// Shows notifications while no page is open, and leads to their pages. It answers no requests: pages come from the network.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const { title, text, link, tag } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body: text, tag, data: { link }, icon: "{% static "img/icon-192.png" %}" }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.link, self.location.origin).href));
});

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function renew({ oldSubscription, newSubscription }) {
  if (!oldSubscription) return; // some browsers do not say which; then the settings page offers to begin anew
  const { endpoint, keys } = (newSubscription ?? (await self.registration.pushManager.subscribe(oldSubscription.options))).toJSON();
  const old = oldSubscription.toJSON();
  const body = new URLSearchParams({ endpoint, ...keys, old_endpoint: old.endpoint, old_auth: old.keys.auth });
  await fetch("{% url "notifications:renew_browser" %}", { method: "POST", body });
}

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window" });
  const page = pages.find((each) => each.visibilityState === "visible") ?? pages[0];
  if (!page) return self.clients.openWindow(url);
  await page.focus();
  return page.navigate(url);
}
