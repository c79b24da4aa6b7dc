// <form data-field="queue">, in it <ol data-sortable> of <li data-driver="7">: ordered by dragging, by mouse or finger.
// A drop sends the form with the whole order as ids, "7,3,12", in the field so named. Buttons do the same by keyboard.

const GRIP = "sortable__grip";
let drag = null;

/** Put something to hold on every item; what is swapped in later gets it, too. */
const prepare = () => {
  for (const item of document.querySelectorAll("[data-sortable] > [data-driver]")) {
    if (item.querySelector(`.${GRIP}`)) continue;
    const grip = document.createElement("span");
    grip.className = GRIP;
    grip.setAttribute("aria-hidden", "true");
    item.prepend(grip);
  }
};

const orderOf = (list) => [...list.querySelectorAll(":scope > [data-driver]")].map((item) => item.dataset.driver).join();

document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest(`.${GRIP}`)?.closest("[data-driver]");
  if (!item || event.button) return;
  event.preventDefault();
  drag = { item, list: item.parentElement, before: orderOf(item.parentElement) };
  item.classList.add("is-dragged");
  document.documentElement.dataset.dragging = ""; // the room waits with its news
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const others = [...drag.list.querySelectorAll(":scope > [data-driver]")].filter((item) => item !== drag.item);
  const after = others.find((item) => {
    const box = item.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  });
  drag.list.insertBefore(drag.item, after ?? null);
});

const end = (isDropped) => {
  if (!drag) return;
  const { item, list, before } = drag;
  drag = null;
  item.classList.remove("is-dragged");
  delete document.documentElement.dataset.dragging;
  if (!isDropped || orderOf(list) === before) return;
  const form = list.closest("[data-field]");
  const field = form.querySelector("[data-order]") ?? document.createElement("input");
  Object.assign(field, { type: "hidden", name: form.dataset.field, value: orderOf(list) });
  field.dataset.order = "";
  form.append(field);
  form.requestSubmit();
  field.remove(); // the form's buttons send orders of their own
};
document.addEventListener("pointerup", () => end(true));
document.addEventListener("pointercancel", () => end(false));

document.addEventListener("htmx:afterSettle", prepare);
prepare();
