// Search as you type: a combobox over the JSON interface. What the server sends is text and is put on the page as text.

export function startSearch() {
  for (const form of document.querySelectorAll("form[data-search]")) attach(form);
}

function attach(form) {
  const input = form.querySelector("input");
  const list = form.querySelector("[role=listbox]");
  let hits = [];
  let at = -1;
  let asked = 0;
  let timer = 0;

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 90);
  });
  input.addEventListener("focus", () => { if (hits.length > 0 && input.value.trim()) open(true); });
  input.addEventListener("blur", () => setTimeout(() => open(false), 150));
  input.addEventListener("keydown", event => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (hits.length > 0) choose((at + (event.key === "ArrowDown" ? 1 : hits.length - 1) + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % hits.length);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      location.href = hits[at].address;
    } else if (event.key === "Escape") {
      open(false);
    }
  });

  async function ask() {
    const query = input.value.trim();
    const number = ++asked;
    if (!query) { hits = []; open(false); return; }
    const response = await fetch(`${form.dataset.search}?limit=8&q=${encodeURIComponent(query)}`);
    if (!response.ok || number !== asked) return;
    hits = await response.json();
    at = -1;
    list.replaceChildren(...hits.map(item));
    if (hits.length === 0) list.replaceChildren(Object.assign(document.createElement("li"), { textContent: "No page holds this." }));
    open(true);
  }

  function item(hit, index) {
    const element = document.createElement("li");
    element.id = `search-hit-${index}`;
    element.setAttribute("role", "option");
    element.append(Object.assign(document.createElement("strong"), { textContent: hit.page }));
    const line = document.createElement("span");
    for (const [place, part] of hit.snippet.split("\u0002").entries()) {
      const end = part.indexOf("\u0003");
      if (place > 0 && end >= 0) line.append(Object.assign(document.createElement("mark"), { textContent: part.slice(0, end) }), part.slice(end + 1));
      else line.append(part);
    }
    element.append(line);
    element.addEventListener("mousedown", event => { event.preventDefault(); location.href = hit.address; });
    return element;
  }

  function choose(index) {
    at = index;
    for (const [place, element] of [...list.children].entries()) element.setAttribute("aria-selected", String(place === at));
    input.setAttribute("aria-activedescendant", `search-hit-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function open(yes) {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) input.removeAttribute("aria-activedescendant");
  }
}
