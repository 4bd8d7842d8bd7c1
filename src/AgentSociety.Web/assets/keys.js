// Keyboard: rows, pages, and the letters that the help names.

let prefix = "";
let prefixTimer = 0;

export function startKeys() {
  document.addEventListener("keydown", onKey);
  document.querySelector("[data-action=help]")?.addEventListener("click", help);
  document.querySelector("[data-action=theme]")?.addEventListener("click", theme);
}

function help() {
  const dialog = document.getElementById("help");
  if (dialog.open) dialog.close(); else dialog.showModal();
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme === "dark" || (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const field = event.target.closest("input:not([type=checkbox],[type=radio],[type=range]), textarea, select");
  if (event.key === "Escape") {
    if (field) field.blur();
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    return;
  }
  if (field || document.getElementById("help").open && event.key !== "?") return;
  const key = prefix ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  clearTimeout(prefixTimer);
  if (key === "g") {
    prefix = "g";
    prefixTimer = setTimeout(() => { prefix = ""; }, 1500);
    return;
  }
  const action = actions[key];
  if (action) { if (action() !== false) event.preventDefault(); return; }
  const link = document.querySelector(`a[data-key="${CSS.escape(key)}"]`);
  if (link) { event.preventDefault(); link.click(); }
}

const actions = {
  "?": help,
  t: theme,
  "/": () => {
    const fields = [...document.querySelectorAll("main [data-focus-key='/']"), ...document.querySelectorAll("[data-focus-key='/']")];
    fields[0]?.focus();
    fields[0]?.select?.();
  },
  j: () => step(1),
  k: () => step(-1),
  Enter: () => {
    if (document.activeElement && document.activeElement !== document.body && document.activeElement.id !== "main") return false;
    const link = document.querySelector(".chosen .row-link");
    if (!link) return false;
    link.click();
  },
  x: () => {
    const box = document.querySelector(".chosen input[type=checkbox]");
    if (!box) return false;
    box.click();
  },
  "[": () => follow("prev"),
  "]": () => follow("next"),
};

function follow(rel) {
  const link = document.querySelector(`a[rel~="${rel}"]`);
  if (!link) return false;
  link.click();
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return false;
  const at = rows.findIndex(row => row.classList.contains("chosen"));
  const to = Math.min(rows.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by));
  rows[at]?.classList.remove("chosen");
  rows[to].classList.add("chosen");
  rows[to].scrollIntoView({ block: "nearest" });
  document.activeElement?.blur?.();
}
