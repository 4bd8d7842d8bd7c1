// Long lists without pages to turn: what the pager's next link leads to is fetched as the reader comes near the end, and
// chunks far from the screen leave a space of their height, so that a list of 100,000 rows keeps a few hundred in the document.

const near = 1200;      // pixels from the screen at which a chunk is put back, or the next one fetched
let loading = false;

export function startLists() {
  if (!document.querySelector("[data-chunk]")) return;
  let due = 0;
  const look = () => { if (!due) due = requestAnimationFrame(() => { due = 0; for (const first of document.querySelectorAll("[data-chunk=first]")) follow(first); }); };
  window.addEventListener("scroll", look, { passive: true });
  window.addEventListener("resize", look);
  document.addEventListener("live", look);
  look();
}

/** Puts chunks back or away by where they are, and fetches the next one where the last is near. */
function follow(first) {
  const list = first.closest("[data-list]");
  const chunks = [...list.querySelectorAll("[data-chunk]")];
  for (const chunk of chunks) {
    const { top, bottom } = chunk.getBoundingClientRect();
    const away = bottom < -near || top > innerHeight + near;
    if (away === Boolean(chunk.stored) || chunk.contains(document.activeElement) || chunk.querySelector(".chosen, details[open], input:checked")) continue;
    if (away) put(chunk, bottom - top); else take(chunk);
  }
  const next = list.querySelector("a[rel=next]");
  if (next && !loading && chunks.at(-1).getBoundingClientRect().bottom < innerHeight + near) grow(list, chunks.at(-1), next);
}

function put(chunk, height) {
  const row = chunk.tagName === "TBODY", space = document.createElement(row ? "tr" : "li"), inner = row ? space.appendChild(document.createElement("td")) : space;
  space.className = "space";
  if (row) inner.colSpan = 20;
  inner.style.height = `${height}px`;
  chunk.stored = [...chunk.childNodes];
  chunk.replaceChildren(space);
}

function take(chunk) {
  chunk.replaceChildren(...chunk.stored);
  chunk.stored = null;
}

async function grow(list, last, next) {
  loading = true;
  try {
    const response = await fetch(next.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html"), fresh = page.getElementById(list.id);
    const chunk = fresh?.querySelector("[data-chunk]");
    // The list may have been renewed while the answer was under way.
    if (!last.isConnected) return;
    const pager = list.querySelector(".pager"), more = fresh?.querySelector("a[rel=next]"), text = fresh?.querySelector(".pager .muted")?.textContent ?? "";
    if (chunk) {
      // What was written meanwhile moves rows on to the next page: none is shown twice.
      const known = new Set([...list.querySelectorAll("[data-chunk]")].flatMap(one => (one.stored ?? [...one.childNodes]).map(row => row.id)).filter(Boolean));
      for (const row of [...chunk.children]) if (known.has(row.id)) row.remove();
      const added = document.importNode(chunk, true);
      added.dataset.chunk = "more";
      // What is chosen stays chosen.
      for (const box of added.querySelectorAll("input")) box.checked = box.defaultChecked = false;
      last.after(added);
      list.dataset.grown = "";
    }
    if (more) next.href = more.href; else next.remove();
    const told = pager?.querySelector(".muted");
    if (told && text) told.textContent = text.replace(/^[^–]+/, told.textContent.split("–")[0]);
  } catch {
    // The server is gone or busy: the link stays, and the next movement tries again.
    return;
  } finally {
    loading = false;
  }
  for (const first of list.querySelectorAll("[data-chunk=first]")) follow(first);
}
