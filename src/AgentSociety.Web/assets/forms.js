// Small things that forms do better with a script: filters that apply themselves, the compare button, the time slider,
// and a warning before half-written edits are left.

import { swap } from "./live.js";

export function startForms() {
  for (const select of document.querySelectorAll("[data-filters] select, select[data-submit]")) select.addEventListener("change", () => select.value === "" && select.hasAttribute("data-submit") || select.form.requestSubmit());
  compare();
  for (const form of document.querySelectorAll("form[data-slider]")) slide(form);
  for (const form of document.querySelectorAll("form[data-edit]")) guard(form);
  // Fields that say nothing stay out of the address.
  for (const form of document.querySelectorAll("form[method=get]")) form.addEventListener("formdata", event => { for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name); });
}

function compare() {
  const button = document.querySelector("[data-compare]");
  if (!button) return;
  const count = () => {
    const chosen = document.querySelectorAll("input[name=run]:checked").length;
    button.disabled = chosen < 1;
    button.textContent = chosen > 0 ? `Compare ${chosen}` : "Compare";
  };
  document.addEventListener("change", count);
  document.addEventListener("live", count);
  count();
}

function slide(form) {
  const range = form.querySelector("input[type=range]");
  const output = form.querySelector("output");
  let timer = 0, asked = 0;
  range.addEventListener("input", () => {
    output.textContent = range.value === range.max ? "now" : range.value;
    clearTimeout(timer);
    timer = setTimeout(go, 180);
  });
  async function go() {
    // A slower answer to an earlier place of the slider is not shown over a later one.
    const number = ++asked, wanted = () => number === asked;
    const address = new URL(location.href);
    address.searchParams.delete("revision");
    address.searchParams.delete("after");
    if (range.value === range.max) address.searchParams.delete("round"); else address.searchParams.set("round", range.value);
    history.replaceState(null, "", address);
    const region = document.getElementById("pages");
    if (region) {
      // A past round does not change: the region is live only while it shows the present.
      if (range.value === range.max) region.dataset.liveOn = "revision"; else delete region.dataset.liveOn;
      await swap([region], address.href, wanted);
      return;
    }
    const column = document.querySelector("#page > div");
    const response = await fetch(address);
    if (!response.ok || !column) return;
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!wanted()) return;
    const fresh = next.querySelector("#page > div");
    if (fresh) column.replaceChildren(...document.importNode(fresh, true).childNodes);
    // With the facts goes what can be done: an old state offers to be brought back, not to delete the present one.
    const page = document.getElementById("page"), about = next.querySelector("#page [data-about]"), old = page.querySelector("[data-about]");
    if (about && old) old.replaceWith(document.importNode(about, true));
    if (range.value === range.max) page.dataset.liveOn = "revision"; else delete page.dataset.liveOn;
  }
}

function guard(form) {
  const text = form.querySelector("textarea");
  // What a preview or a conflict brings back is saved nowhere.
  const before = form.hasAttribute("data-unsaved") ? null : text.value;
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("beforeunload", event => { if (!sent && text.value !== before) event.preventDefault(); });
}
