// Line charts by round: direct labels, smoothing, and one cursor over all charts of the page. Drawn as SVG, by hand.

const svgName = "http://www.w3.org/2000/svg";
let charts = [];
let smoothing = 0;

const sized = new ResizeObserver(() => { for (const chart of charts) chart.draw(); });

export function startCharts() {
  gather();
  document.addEventListener("input", event => {
    if (!event.target.matches("[data-smoothing]")) return;
    const address = new URL(location.href);
    if (Number(event.target.value) === 0) address.searchParams.delete("smooth"); else address.searchParams.set("smooth", event.target.value);
    history.replaceState(null, "", address);
    // Forms and links that lead to the same page with other choices keep this one.
    for (const field of document.querySelectorAll("input[type=hidden][name=smooth]")) field.value = address.searchParams.get("smooth") ?? "";
    for (const link of document.querySelectorAll("a[data-keeps-smooth]")) {
      const to = new URL(link.href);
      if (address.searchParams.has("smooth")) to.searchParams.set("smooth", address.searchParams.get("smooth")); else to.searchParams.delete("smooth");
      link.href = to.pathname + to.search;
    }
    smooth(event.target);
  });
  document.addEventListener("live", event => {
    // A region that was taken over brings charts that nobody has drawn.
    const figures = [...document.querySelectorAll("[data-chart]")];
    if (figures.length !== charts.length || figures.some((figure, index) => figure !== charts[index].figure)) gather();
    else if (charts.length > 0 && (event.detail.has("round") || event.detail.has("runs"))) load();
  });
}

function gather() {
  charts = [...document.querySelectorAll("[data-chart]")].map(figure => new Chart(figure));
  sized.disconnect();
  if (charts.length === 0) return;
  const stored = new URL(location.href).searchParams.get("smooth");
  for (const range of document.querySelectorAll("[data-smoothing]")) {
    if (stored) range.value = stored;
    smooth(range);
  }
  sized.observe(document.querySelector(".charts"));
  load();
}

function smooth(range) {
  smoothing = Number(range.value);
  range.parentElement.querySelector("output").textContent = smoothing === 0 ? "none" : smoothing.toFixed(2);
  for (const chart of charts) chart.draw();
}

/** One request for all charts of the page. */
async function load() {
  const asked = charts;
  const runs = new Set(charts.flatMap(chart => chart.runs)), names = new Set(charts.flatMap(chart => chart.names));
  const answer = new Map();
  const list = [...names];
  for (let start = 0; start < list.length; start += 30) {
    const query = new URLSearchParams();
    for (const run of runs) query.append("run", run);
    for (const name of list.slice(start, start + 30)) query.append("name", name);
    const response = await fetch(`/api/series?${query}`);
    if (!response.ok) return;
    for (const series of (await response.json()).series) answer.set(`${series.run}\n${series.name}`, series.points);
  }
  for (const chart of asked) {
    chart.series = chart.runs.flatMap(run => chart.names.map(name => answer.get(`${run}\n${name}`) ?? []));
    chart.draw();
  }
}

class Chart {
  constructor(figure) {
    const data = figure.dataset;
    this.figure = figure;
    this.plot = figure.querySelector(".plot");
    this.title = figure.querySelector(".chart-title").textContent;
    this.runs = JSON.parse(data.runs);
    this.names = JSON.parse(data.names);
    this.labels = JSON.parse(data.labels);
    this.low = data.low === undefined ? null : Number(data.low);
    this.high = data.high === undefined ? null : Number(data.high);
    this.percent = data.percent === "1";
    this.series = null;
    this.plot.addEventListener("pointermove", event => this.point(event));
    this.plot.addEventListener("pointerleave", () => cursor(null));
    this.plot.addEventListener("keydown", event => this.key(event));
    this.plot.addEventListener("blur", () => cursor(null));
  }

  draw() {
    if (!this.series) return;
    const { width, height } = this.plot.getBoundingClientRect();
    if (width < 40) return;
    const drawn = this.series.map((points, index) => ({ points, smooth: smoothed(points), index, label: this.labels[index] ?? "", colour: index % 8 + 1, dash: index >= 8 })).filter(line => line.points.length > 0);
    this.drawn = drawn;
    if (drawn.length === 0) {
      this.plot.replaceChildren(Object.assign(document.createElement("div"), { className: "plot-empty", textContent: "nothing measured yet" }));
      return;
    }
    const direct = width > 330 && drawn.length > 1;
    const rounds = drawn.flatMap(line => line.points.map(point => point[0])), values = drawn.flatMap(line => line.points.flatMap(point => drawn.length <= 3 ? point.slice(1) : point[1]));
    let left = Math.min(...rounds), right = Math.max(...rounds), low = Math.min(...values, this.low ?? Infinity), high = Math.max(...values, this.high ?? -Infinity);
    if (left === right) { left -= 1; right += 1; }
    if (low === high) { high = low + (Math.abs(low) || 1); }
    const ticks = spaced(low, high, height > 220 ? 5 : 4);
    low = Math.min(low, ticks[0]);
    high = Math.max(high, ticks.at(-1));
    const longest = Math.max(...drawn.map(line => line.label.length));
    const box = { left: 44, right: width - (direct ? Math.min(130, 16 + 6.4 * longest) : 14), top: 8, bottom: height - 20 };
    this.x = round => box.left + (round - left) / (right - left) * (box.right - box.left);
    this.y = value => box.bottom - (value - low) / (high - low) * (box.bottom - box.top);
    this.box = box;
    this.span = [left, right];
    const svg = node("svg", { "aria-hidden": "true" });
    for (const tick of ticks) {
      svg.append(node("line", { class: "grid-line", x1: box.left, x2: box.right, y1: this.y(tick), y2: this.y(tick) }));
      svg.append(text("tick", box.left - 7, this.y(tick) + 4, "end", this.show(tick)));
    }
    const marks = spaced(left, right, Math.max(2, Math.floor((box.right - box.left) / 60))).filter(mark => Number.isInteger(mark) && mark >= left && mark <= right);
    for (const mark of marks) svg.append(text("tick", this.x(mark), height - 4, "middle", short(mark)));
    for (const line of drawn) {
      const dash = line.dash ? " dash" : "";
      // Bands of many curves would hide each other; the cursor tells every interval.
      if (smoothing === 0 && drawn.length <= 3 && line.points.length > 1 && line.points.every(point => point.length > 2)) svg.append(node("path", { class: `band f${line.colour}`, d: this.band(line.points) }));
      if (smoothing > 0) svg.append(node("path", { class: `raw k${line.colour}`, d: this.path(line.points) }));
      svg.append(node("path", { class: `curve k${line.colour}${dash}`, d: this.path(line.smooth) }));
      if (line.points.length === 1) svg.append(node("circle", { class: `dot f${line.colour}`, cx: this.x(line.points[0][0]), cy: this.y(line.points[0][1]), r: 4 }));
    }
    if (direct) this.labelEnds(svg, drawn, box);
    this.overlay = node("g", {});
    svg.append(this.overlay);
    this.readout = Object.assign(document.createElement("div"), { className: "readout", hidden: true });
    this.plot.replaceChildren(svg, this.readout);
    this.figure.querySelector(".legend")?.remove();
    if (!direct && drawn.length > 1) this.figure.append(legend(drawn));
    const last = drawn.map(line => `${line.label} ${this.show(line.points.at(-1)[1])}`).join(", ");
    this.plot.setAttribute("aria-label", `${this.title}, rounds ${left} to ${right}; at the end: ${last}. Arrow keys move the cursor.`);
  }

  path(points) {
    return points.map((point, index) => `${index ? "L" : "M"}${this.x(point[0]).toFixed(1)} ${this.y(point[1]).toFixed(1)}`).join("");
  }

  /** The area between the ends of the intervals. */
  band(points) {
    const back = points.toReversed().map(point => `L${this.x(point[0]).toFixed(1)} ${this.y(point[2]).toFixed(1)}`).join("");
    return `${this.path(points.map(point => [point[0], point[3]]))}${back}Z`;
  }

  /** Labels at the ends of the curves, pushed apart where they would touch. */
  labelEnds(svg, drawn, box) {
    const ends = drawn.map(line => ({ line, at: this.y(line.smooth.at(-1)[1]) })).sort((a, b) => a.at - b.at);
    const gap = 12.5, room = box.bottom - box.top;
    if (ends.length * gap > room + gap) ends.length = Math.floor(room / gap) + 1;
    for (let i = 1; i < ends.length; i++) ends[i].at = Math.max(ends[i].at, ends[i - 1].at + gap);
    const over = ends.at(-1).at - box.bottom;
    if (over > 0) {
      ends.at(-1).at -= over;
      for (let i = ends.length - 2; i >= 0; i--) ends[i].at = Math.min(ends[i].at, ends[i + 1].at - gap);
    }
    for (const { line, at } of ends) {
      const label = line.label.length > 18 ? `${line.label.slice(0, 17)}…` : line.label;
      svg.append(text(`end-label f${line.colour}`, box.right + 7, at + 4, "start", label));
    }
  }

  show(value) {
    return this.percent ? `${Number((100 * value).toFixed(1))} %` : short(value);
  }

  point(event) {
    if (!this.drawn?.length) return;
    const { left } = this.plot.getBoundingClientRect();
    const share = (event.clientX - left - this.box.left) / (this.box.right - this.box.left);
    cursor(nearest(this.drawn, this.span[0] + share * (this.span[1] - this.span[0])), this);
  }

  key(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight" || !this.drawn?.length) return;
    event.preventDefault();
    const rounds = [...new Set(this.drawn.flatMap(line => line.points.map(point => point[0])))].sort((a, b) => a - b);
    const at = this.at === undefined ? (event.key === "ArrowRight" ? -1 : rounds.length) : rounds.indexOf(this.at);
    cursor(rounds[Math.min(rounds.length - 1, Math.max(0, at + (event.key === "ArrowRight" ? 1 : -1)))], this);
  }

  /** Draws the cursor at a round; the chart that it comes from tells the values. */
  mark(round, own) {
    if (!this.overlay) return;
    this.at = round ?? undefined;
    this.overlay.replaceChildren();
    this.readout.hidden = true;
    if (round === null || round < this.span[0] || round > this.span[1]) return;
    const x = this.x(round);
    this.overlay.append(node("line", { class: "cursor", x1: x, x2: x, y1: this.box.top, y2: this.box.bottom }));
    const table = document.createElement("table");
    for (const line of this.drawn) {
      const found = line.points.findLastIndex(point => point[0] <= round);
      if (found < 0) continue;
      this.overlay.append(node("circle", { class: `dot f${line.colour}`, cx: this.x(line.smooth[found][0]), cy: this.y(line.smooth[found][1]), r: 3.5 }));
      const row = table.insertRow(), name = row.insertCell();
      const dot = document.createElement("i");
      dot.className = `f${line.colour}`;
      name.append(dot, line.label);
      const [, value, least, most] = line.points[found];
      row.insertCell().textContent = least === undefined ? this.show(value) : `${this.show(value)} (${this.show(least)} to ${this.show(most)})`;
    }
    this.readout.replaceChildren(Object.assign(document.createElement("strong"), { textContent: `round ${round}` }), table);
    this.readout.hidden = false;
    const wide = this.readout.offsetWidth;
    this.readout.style.left = `${x + wide + 14 > this.box.right + 60 ? x - wide - 12 : x + 12}px`;
    this.readout.style.top = "4px";
    if (!own) this.readout.style.opacity = "0.88"; else this.readout.style.opacity = "1";
  }
}

function cursor(round, own) {
  for (const chart of charts) chart.mark(round, chart === own);
}

function nearest(lines, round) {
  let best = null;
  for (const line of lines) for (const point of line.points) if (best === null || Math.abs(point[0] - round) < Math.abs(best - round)) best = point[0];
  return best;
}

/** Exponential moving average, corrected for its start. */
function smoothed(points) {
  if (smoothing === 0) return points;
  let sum = 0, weight = 0;
  return points.map(([round, value]) => {
    sum = smoothing * sum + (1 - smoothing) * value;
    weight = smoothing * weight + (1 - smoothing);
    return [round, sum / weight];
  });
}

function spaced(low, high, count) {
  const rough = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough)), share = rough / power;
  const step = power * (share > 5 ? 10 : share > 2 ? 5 : share > 1 ? 2 : 1);
  const ticks = [];
  for (let tick = Math.floor(low / step + 1e-9) * step; tick < high + step * 0.999; tick += step) ticks.push(Number(tick.toPrecision(12)));
  return ticks;
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(3)));
}

function legend(drawn) {
  const list = document.createElement("div");
  list.className = "legend";
  for (const line of drawn) {
    const item = document.createElement("span"), key = document.createElement("i");
    key.className = `f${line.colour}`;
    item.append(key, line.label);
    list.append(item);
  }
  return list;
}

function node(name, attributes) {
  const element = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function text(style, x, y, anchor, content) {
  const element = node("text", { class: style, x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}
