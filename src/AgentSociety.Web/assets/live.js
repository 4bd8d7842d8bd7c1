// Follows the run by server-sent events. An event says what has changed; the page then asks for itself again and takes
// over the regions that depend on it, so that what is shown has one source: the server's own rendering.

const state = document.querySelector("[data-live-state]");
let source = null;
let pending = new Set();
let held = new Set();
let busy = false;
let timer = 0;

export function startLive() {
  if (!document.body.dataset.live) return;
  // A browser allows few connections to a host: a tab that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  // What waited for somebody is looked at again when they have moved on.
  for (const moved of ["focusout", "toggle", "scrollend"]) document.addEventListener(moved, () => {
    if (held.size === 0) return;
    for (const part of held) pending.add(part);
    held = new Set();
    schedule();
  }, true);
  if (!document.hidden) open();
}

function open() {
  if (source) return;
  source = new EventSource(document.body.dataset.live);
  source.addEventListener("open", () => show("on", "live"));
  source.addEventListener("error", () => show("off", "offline"));
  source.addEventListener("hello", event => {
    const tip = JSON.parse(event.data);
    const seen = document.body.dataset;
    if (tip.version !== undefined && Number(seen.seenVersion) !== tip.version) pending.add("runs");
    if (tip.round !== undefined && Number(seen.seenRound) !== tip.round) pending.add("round");
    if (tip.revision !== undefined && Number(seen.seenRevision) !== tip.revision) pending.add("revision");
    if (tip.proposal !== undefined && (Number(seen.seenProposal) !== tip.proposal || Number(seen.seenWaiting) !== tip.waiting)) pending.add("proposal");
    if (tip.state !== undefined && (seen.seenState ?? "") !== tip.state) pending.add("state");
    schedule();
  });
  source.addEventListener("runs", () => { pending.add("runs"); schedule(); });
  source.addEventListener("run", event => {
    for (const part of JSON.parse(event.data).changed) pending.add(part);
    schedule();
  });
}

function close() {
  source?.close();
  source = null;
  show("off", "paused");
}

function show(name, word) {
  if (!state) return;
  state.dataset.liveState = name;
  state.title = name === "off" ? "Not live" : "Live: changes appear by themselves";
  state.querySelector(".live-word").textContent = word;
}

function schedule() {
  if (pending.size === 0 || timer) return;
  // Bursts become one look.
  timer = setTimeout(() => { timer = 0; refresh(); }, 150);
}

async function refresh() {
  if (busy) { schedule(); return; }
  busy = true;
  const changed = pending;
  pending = new Set();
  try {
    const regions = [...document.querySelectorAll("[data-live-on]")].filter(region => region.dataset.liveOn.split(" ").some(part => changed.has(part)));
    if (regions.length > 0) await swap(regions, location.href);
    document.dispatchEvent(new CustomEvent("live", { detail: changed }));
    show("pulse", "live");
    setTimeout(() => source && show("on", "live"), 700);
  } catch {
    // The stream's own error handling shows that the server is gone; it reconnects by itself.
  } finally {
    busy = false;
    schedule();
  }
}

/** Whether somebody has written into a field of the region what is not sent yet. */
function written(region) {
  return [...region.querySelectorAll("input:not([type=checkbox], [type=radio], [type=range], [type=hidden]), textarea")].some(field => field.value !== field.defaultValue);
}

/** Takes the regions over from a fresh rendering of an address, unless nobody wants it any more when it comes. */
export async function swap(regions, address, wanted = () => true) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!wanted()) return;
  for (const name of ["seenRound", "seenRevision", "seenProposal", "seenWaiting", "seenVersion", "seenState"]) document.body.dataset[name] = next.body.dataset[name] ?? "";
  for (const region of regions) {
    const fresh = next.getElementById(region.id);
    if (!fresh || fresh.innerHTML === region.innerHTML) continue;
    // What a script has filled in, such as charts, is taken over only where there are others now.
    if (fresh.dataset.liveShape !== undefined && fresh.dataset.liveShape === region.dataset.liveShape) continue;
    // Nobody's half-written words are taken away, nor those that wait to be sent.
    // Nor the place of somebody who has gone far down a list.
    if (region.hasAttribute("data-grown") && scrollY > innerHeight || region.querySelector("details[open]") || written(region) || (region.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox],[type=radio],[type=range]), textarea, select"))) {
      held.add(region.dataset.liveOn.split(" ")[0]);
      continue;
    }
    const ticked = new Set([...region.querySelectorAll("input:checked")].map(input => input.name + "=" + input.value));
    const chosen = region.querySelector(".chosen")?.id, focused = region.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const before = region.hasAttribute("data-fresh") ? new Set([...region.querySelectorAll("[id]")].map(item => item.id)) : null;
    if (fresh.dataset.liveShape !== undefined) region.dataset.liveShape = fresh.dataset.liveShape;
    region.replaceChildren(...document.importNode(fresh, true).childNodes);
    delete region.dataset.grown;
    for (const input of region.querySelectorAll("input[type=checkbox], input[type=radio]")) if (ticked.size > 0) input.checked = ticked.has(input.name + "=" + input.value);
    if (chosen) document.getElementById(chosen)?.classList.add("chosen");
    if (focused) region.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    if (before) for (const item of region.querySelectorAll("[id]")) if (!before.has(item.id)) item.classList.add("fresh");
  }
}
