using System.Text.Json;
using Microsoft.Playwright;

namespace AgentSociety.Web.Tests;

/// <summary>What WCAG AA asks for and a program can check: contrast of text (1.4.3), names of controls (4.1.2), one main heading, a language.</summary>
internal static class AccessibilityAudit
{
    private const string Script = """
        () => {
          const faults = [];
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const parse = colour => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
            return [r, g, b, a / 255];
          };
          const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
          const ground = element => {
            const layers = [];
            for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
            return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
          };
          const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const shown = element => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const seen = new Set();
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const element = node.parentElement;
            if (!node.textContent.trim() || seen.has(element) || !shown(element) || element.closest(".sr, .skip, button:disabled, svg, dialog:not([open])")) continue;
            seen.add(element);
            const style = getComputedStyle(element), back = ground(element), front = over(parse(style.color), back);
            const [high, low] = [light(front), light(back)].sort((a, b) => b - a), ratio = (high + 0.05) / (low + 0.05);
            const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)} of "${node.textContent.trim().slice(0, 30)}" in ${element.tagName.toLowerCase()}.${element.className}`);
          }
          for (const text of document.querySelectorAll("svg text")) {
            if (!shown(text)) continue;
            const back = ground(text.closest("svg").parentElement), front = parse(getComputedStyle(text).fill);
            const [high, low] = [light(front), light(back)].sort((a, b) => b - a), ratio = (high + 0.05) / (low + 0.05);
            if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)} of "${text.textContent}" in a drawing`);
          }
          for (const control of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
            if (!shown(control)) continue;
            const name = control.getAttribute("aria-label") || control.textContent.trim() || [...(control.labels ?? [])].map(label => label.textContent.trim()).join("") || control.title;
            if (!name) faults.push(`no name: ${control.outerHTML.slice(0, 90)}`);
          }
          if (document.querySelectorAll("h1").length < 1) faults.push("no main heading");
          if (!document.documentElement.lang) faults.push("no language");
          const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
          for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) faults.push(`id twice: ${id}`);
          return faults;
        }
        """;

    /// <summary>One line for each fault of the page as it is shown now.</summary>
    internal static async Task<IReadOnlyList<string>> Faults(IPage page) =>
        (await page.EvaluateAsync<JsonElement>(Script)).EnumerateArray().Select(fault => fault.GetString()!).ToList();
}
