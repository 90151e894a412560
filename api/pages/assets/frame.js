// Theme and language switches. Not a module: it must run before the first paint, or a dark page begins with a
// white flash. Without scripts the switches are links that do the same.
(() => {
  const THEMES = ["auto", "light", "dark"];
  const root = document.documentElement;

  const remembered = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }  // storage may be forbidden
  };
  const remember = (theme) => {
    try { localStorage.setItem("theme", theme); } catch { /* this page alone then */ }
  };
  const asked = () => new URLSearchParams(location.search).get("theme");
  const theme = () => [asked(), remembered()].find((name) => THEMES.includes(name)) ?? "auto";

  const show = () => {
    const now = theme();
    if (now === "auto") delete root.dataset.theme;
    else root.dataset.theme = now;
    for (const link of document.querySelectorAll("a[data-theme-name]")) {
      if (link.dataset.themeName === now) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  // The address of now, which scripts may have changed since the page was made.
  const changed = (name, value) => {
    const url = new URL(location.href);
    url.searchParams.set(name, value);
    return url;
  };

  show();
  document.addEventListener("DOMContentLoaded", show);
  addEventListener("popstate", show);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-theme-name], a[data-language]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.dataset.language) {
      location.assign(changed("lang", link.dataset.language));
      return;
    }
    remember(link.dataset.themeName);
    history.replaceState(history.state, "", changed("theme", link.dataset.themeName));
    show();
    document.dispatchEvent(new Event("themechange"));
  });
})();
