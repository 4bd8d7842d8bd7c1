// The graph of links: springs along links, charges between points, settled before it is shown.

const svgName = "http://www.w3.org/2000/svg";

export async function startGraph() {
  const place = document.querySelector("[data-graph]");
  if (!place) return;
  const response = await fetch(place.dataset.graph);
  if (response.ok) draw(place, await response.json());
}

function draw(place, { pages, links }) {
  const width = place.clientWidth, height = place.clientHeight;
  const points = pages.map((page, index) => {
    const angle = index * 2.39996, radius = 14 * Math.sqrt(index + 1);
    return { page, index, x: width / 2 + radius * Math.cos(angle), y: height / 2 + radius * Math.sin(angle), dx: 0, dy: 0, near: new Set() };
  });
  for (const [from, to] of links) { points[from].near.add(to); points[to].near.add(from); }
  settle(points, links, width, height);
  fit(points, width, height);

  const svg = node("svg", { viewBox: `0 0 ${width} ${height}` });
  const lines = links.map(([from, to]) => {
    const line = node("line", { x1: points[from].x, y1: points[from].y, x2: points[to].x, y2: points[to].y });
    svg.append(line);
    return { line, from, to };
  });
  // Names of the best linked always; of the others when they are pointed at.
  const named = new Set([...points].sort((a, b) => b.near.size - a.near.size).slice(0, Math.max(10, Math.floor(width / 45))));
  for (const point of points) {
    const link = node("a", { href: point.page.address, "aria-label": `${point.page.name}, ${point.page.inward} links in, ${point.page.outward} out` });
    const circle = node("circle", { cx: point.x, cy: point.y, r: 4 + Math.min(12, Math.sqrt(point.page.inward) * 2.2) });
    // Names stand on the outer side, where there is room for them.
    const side = point.x < width / 2 - 8 ? -1 : 1;
    const name = node("text", { x: point.x + side * (8 + Math.min(12, Math.sqrt(point.page.inward) * 2.2)), y: point.y + 4, "text-anchor": side < 0 ? "end" : "start" });
    name.textContent = point.page.name;
    name.toggleAttribute("hidden", !named.has(point));
    if (!named.has(point)) name.style.display = "none";
    link.append(circle, name);
    svg.append(link);
    point.link = link;
    point.name = name;
    const light = on => {
      for (const other of points) {
        const part = other === point || point.near.has(other.index);
        other.link.classList.toggle("faint", on && !part);
        other.name.style.display = named.has(other) || (on && part) ? "" : "none";
      }
      for (const { line, from, to } of lines) {
        const part = from === point.index || to === point.index;
        line.classList.toggle("lit", on && part);
        line.classList.toggle("faint", on && !part);
      }
    };
    link.addEventListener("pointerenter", () => light(true));
    link.addEventListener("pointerleave", () => light(false));
    link.addEventListener("focus", () => light(true));
    link.addEventListener("blur", () => light(false));
  }
  place.replaceChildren(svg);
}

function settle(points, links, width, height) {
  const steps = points.length > 300 ? 120 : 260;
  for (let step = 0; step < steps; step++) {
    const heat = 12 * (1 - step / steps);
    for (let i = 0; i < points.length; i++) {
      for (let j = i + 1; j < points.length; j++) {
        const x = points[i].x - points[j].x, y = points[i].y - points[j].y, square = x * x + y * y + 0.1, push = 2200 / square;
        points[i].dx += x * push; points[i].dy += y * push;
        points[j].dx -= x * push; points[j].dy -= y * push;
      }
    }
    for (const [from, to] of links) {
      const a = points[from], b = points[to], x = b.x - a.x, y = b.y - a.y, length = Math.hypot(x, y) + 0.01, pull = (length - 80) * 0.06 / length;
      a.dx += x * pull; a.dy += y * pull;
      b.dx -= x * pull; b.dy -= y * pull;
    }
    for (const point of points) {
      point.dx += (width / 2 - point.x) * 0.012;
      point.dy += (height / 2 - point.y) * 0.02;
      const size = Math.hypot(point.dx, point.dy) || 1, move = Math.min(size, heat);
      point.x += point.dx / size * move;
      point.y += point.dy / size * move;
      point.dx = point.dy = 0;
    }
  }
}

function fit(points, width, height) {
  const xs = points.map(point => point.x), ys = points.map(point => point.y);
  const left = Math.min(...xs), right = Math.max(...xs), top = Math.min(...ys), bottom = Math.max(...ys);
  // Each way on its own: on a narrow screen the height is what gives the names room.
  const wide = Math.min(Math.max(60, width - 280) / Math.max(1, right - left), 2.5), high = Math.min((height - 60) / Math.max(1, bottom - top), 2.5);
  for (const point of points) {
    point.x = (point.x - (left + right) / 2) * wide + width / 2;
    point.y = (point.y - (top + bottom) / 2) * high + height / 2;
  }
}

function node(name, attributes) {
  const element = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
