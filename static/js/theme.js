// Day or night: applied in <head> before the first paint, remembered on this device, switched by [data-theme-switch].
(() => {
  const root = document.documentElement;
  root.dataset.js = "on";

  const remembered = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const choice = remembered();
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* private window: this page only */ }
  });
})();
