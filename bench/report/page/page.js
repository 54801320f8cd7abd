"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;

  // Numbers, as the report's texts have them.
  const grouped = (n) => n.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
  const three = (f) => Number(f.toPrecision(3));
  function digits(f) {
    f = three(f);
    if (f >= 100 || f === 0) return f.toFixed(0);
    if (f >= 10) return f.toFixed(1);
    if (f >= 1) return f.toFixed(2);
    if (f >= 0.001) return f.toFixed(3);
    return String(f);
  }
  const decimal = (f) => (f >= 999.5 ? grouped(Math.round(f)) : digits(f));
  function size(bytes) {
    bytes = three(bytes);
    if (bytes < 1000) return bytes.toFixed(0) + " B";
    const units = ["kB", "MB", "GB", "TB", "PB"];
    let i = -1;
    do { bytes /= 1000; i++; } while (three(bytes) >= 1000 && i < units.length - 1);
    return digits(bytes) + " " + units[i];
  }
  function span(seconds) {
    const ns = three(seconds * 1e9);
    if (ns < 1e3) return ns.toFixed(0) + " ns";
    if (ns < 1e6) return digits(ns / 1e3) + " µs";
    if (ns < 1e9) return digits(ns / 1e6) + " ms";
    if (ns < 100e9) return digits(ns / 1e9) + " s";
    const s = Math.round(seconds), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return (h ? h + "h" : "") + m + "m" + (s % 60) + "s";
  }
  const units = {
    rate: (f) => decimal(f) + " lines/s",
    lines: (f) => grouped(Math.round(f)) + " lines",
    requests: (f) => decimal(f) + "/s",
    volume: (f) => size(f) + "/s",
    bytes: size,
    time: span,
    cores: (f) => decimal(f) + " cores",
    count: (f) => grouped(Math.round(f)),
  };
  // On an axis the unit of a plain number stands in the caption.
  const short = (text) => text.replace(/\.(\d*?)0+ /, (_, kept) => (kept ? "." + kept : "") + " ");
  const ticks = { volume: (f) => short(size(f)), bytes: (f) => short(size(f)), time: (f) => (f >= 1 ? String(f) + " s" : short(span(f))) };
  const tick = (f, top) => (f === 0 ? "0" : top >= 1e6 ? Number((f / 1e6).toPrecision(4)) + " M" : f >= 1000 ? grouped(f) : String(Number(f.toPrecision(6))));

  // The run's time, as short as its length allows.
  const end = data.time.length ? data.time[data.time.length - 1] : 0;
  const two = (n) => String(n).padStart(2, "0");
  function clock(t) {
    if (end < 120) return Number(t.toFixed(3)) + " s";
    const s = Math.round(t), h = Math.floor(s / 3600);
    return (h ? h + ":" + two(Math.floor(s / 60) % 60) : Math.floor(s / 60)) + ":" + two(s % 60);
  }
  function percentile(x) {
    const decimals = Math.max(0, Math.floor(x + 1e-9) - 1 + (x % 1 > 1e-9 ? 1 : 0));
    return Number((100 * (1 - Math.pow(10, -x))).toFixed(Math.min(decimals, 7))) + " %";
  }

  // Percentiles that have room beside each other; the last ones are wide.
  function nines(u) {
    const kept = [];
    let free = Infinity;
    for (const v of [7, 6, 5, 4, 3, 2, 1, Math.log10(2), 0]) {
      if (v > u.scales.x.max + 1e-9) continue;
      const at = u.valToPos(v, "x"), half = (percentile(v).length * 6.4) / 2;
      if (at + half + 4 > free) continue;
      free = at - half;
      kept.unshift(v);
    }
    return kept;
  }

  let styles = getComputedStyle(root);
  const color = (name) => styles.getPropertyValue("--" + name).trim();
  const tint = (name, alpha) => color(name) + alpha;
  const font = (px) => px + "px " + getComputedStyle(document.body).fontFamily;

  // An interval ends at its point: a gap is what lies between it and the point before.
  const stepped = uPlot.paths.stepped({ align: -1, alignGaps: -1 });
  const incrs = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  const charts = [];

  // A rate holds for all of its interval, so steps begin where the first interval does.
  function columns(plot) {
    if (plot.x) return [plot.x, ...plot.curves.map((c) => c.values)];
    const first = (values) => [values[0], ...values];
    const rows = plot.curves.map((c) => first(c.values));
    if (plot.stack) for (let i = 1; i < rows.length; i++) rows[i] = rows[i].map((v, j) => (v || 0) + (rows[i - 1][j] || 0));
    return [[data.start, ...data.time], ...rows];
  }

  function curve(plot, c) {
    return {
      label: c.label,
      scale: "y",
      stroke: plot.stack ? undefined : () => color(c.tone), // a layer of nothing must not draw over the one below
      width: plot.stack ? 0 : c.shape === "band" ? 1 : 1.75,
      dash: c.shape === "dash" ? [5, 4] : undefined,
      fill: c.shape === "area" ? () => tint(c.tone, "1f")
        : c.shape === "band" ? () => tint(c.tone, c.tone === "max" ? "14" : "30")
        : c.shape === "layer" ? () => tint(c.tone, "b0") : undefined,
      paths: plot.x ? undefined : stepped,
      spanGaps: Boolean(plot.x),
      points: { show: plot.x && plot.x.length < 20 },
    };
  }

  const bands = (plot) => plot.curves.flatMap((c, i) => ((c.shape === "band" || c.shape === "layer") && i > 0 ? [{ series: [i + 1, i] }] : []));

  function scales(plot) {
    const y = plot.log
      ? { distr: 3, range: (u, low, high) => (low == null || low <= 0 ? [1e-6, 1e-3] : uPlot.rangeLog(low, high, 10, true)) }
      : { range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1] };
    return { x: { time: false, range: (u, low, high) => (high > low ? [low, high] : [low, low + 1]) }, y };
  }

  function axes(plot) {
    const common = {
      stroke: () => color("muted"),
      font: font(11),
      grid: { stroke: () => color("grid"), width: 1 },
      ticks: { show: false },
      border: { show: false },
    };
    const x = plot.x
      ? { ...common, size: 26, splits: nines, values: (u, at) => at.map(percentile) }
      : { ...common, size: 26, incrs, space: 64, values: (u, at) => at.map(clock) };
    const text = ticks[plot.unit] || tick;
    const y = {
      ...common,
      values: (u, at) => { const top = Math.max(...at); return at.map((v) => (v == null ? "" : text(v, top))); },
      gap: 6,
      size: (u, values) => (values ? Math.ceil(Math.max(...values.map((v) => v.length)) * 6.6) + 12 : 48),
    };
    return [x, y];
  }

  // Each mark bears the number of its line in the list of what failed, and its name where there is room.
  function marks(u) {
    const ctx = u.ctx, ratio = uPlot.pxRatio, { left, top, width, height } = u.bbox;
    ctx.save();
    if (data.warmup > data.start) {
      const to = Math.min(u.valToPos(data.warmup, "x", true), left + width);
      ctx.fillStyle = tint("muted", "1c");
      if (to > left) ctx.fillRect(left, top, to - left, height);
    }
    ctx.font = font(11 * ratio);
    ctx.textBaseline = "middle";
    if (data.warmup > data.start) {
      const to = u.valToPos(data.warmup, "x", true), room = ctx.measureText("warm-up").width + 10 * ratio;
      ctx.fillStyle = color("muted");
      ctx.textAlign = "left";
      if (to - left > room) ctx.fillText("warm-up", left + 5 * ratio, top + height - 10 * ratio);
    }
    data.moments.forEach((m, i) => {
      const x = Math.round(u.valToPos(m.at, "x", true));
      if (x < left || x > left + width) return;
      const radius = 8 * ratio, y = top + radius + 2 * ratio + i * 19 * ratio;
      ctx.strokeStyle = color("bad");
      ctx.lineWidth = ratio;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      ctx.setLineDash([]);
      const center = Math.min(Math.max(x, left + radius), left + width - radius);
      ctx.fillStyle = color("bad");
      ctx.beginPath();
      ctx.arc(center, y, radius, 0, 2 * Math.PI);
      ctx.fill();
      ctx.fillStyle = color("paper");
      ctx.textAlign = "center";
      ctx.fillText(String(i + 1), center, y);
      const room = ctx.measureText(m.label).width + 6 * ratio;
      const right = center + radius + room < left + width;
      if (!right && center - radius - room < left) return;
      ctx.textAlign = right ? "left" : "right";
      const at = center + (right ? 1 : -1) * (radius + 4 * ratio);
      ctx.strokeStyle = color("paper");
      ctx.lineWidth = 4 * ratio;
      ctx.lineJoin = "round";
      ctx.strokeText(m.label, at, y);
      ctx.fillStyle = color("bad");
      ctx.fillText(m.label, at, y);
    });
    ctx.restore();
  }

  // The legend says what is under the crosshair, and of the whole run where there is none.
  function follow(plot, box, legend) {
    const at = legend.querySelector("[data-at]");
    const cells = [...legend.querySelectorAll("[data-value]")];
    const whole = [at.textContent, ...cells.map((c) => c.textContent)];
    const unit = units[plot.unit];
    return (u) => {
      const i = u.cursor.idx;
      const off = i == null || u.cursor.left < 0;
      const n = plot.x ? i : Math.max(0, i - 1);
      const texts = off ? whole : [
        plot.x ? percentile(plot.x[i]) : clock(data.time[n]),
        ...plot.curves.map((c) => (c.values[n] == null ? "–" : unit(c.values[n]))),
      ];
      at.textContent = texts[0];
      cells.forEach((cell, k) => { cell.textContent = texts[k + 1]; });
      box.setAttribute("aria-valuenow", off ? 0 : i);
      box.setAttribute("aria-valuetext", texts[0] + ": " + plot.curves.map((c, k) => c.label + " " + texts[k + 1]).join(", "));
    };
  }

  // A chart is a slider over its points, for keys and for screen readers.
  function steer(u, box, plot, count) {
    box.tabIndex = 0;
    box.setAttribute("role", "slider");
    box.setAttribute("aria-label", box.dataset.title + " (chart)");
    box.setAttribute("aria-valuemin", 0);
    box.setAttribute("aria-valuemax", count - 1);
    const show = (i) => u.setCursor({ left: u.valToPos(u.data[0][i], "x"), top: 0 }, true, true);
    const hide = () => u.setCursor({ left: -10, top: -10 }, true, true);
    box.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      const now = u.cursor.idx == null || u.cursor.left < 0 ? -1 : u.cursor.idx;
      const page = Math.max(1, Math.round(count / 10));
      const first = plot.x ? 0 : 1; // the first point is the beginning of the first interval
      const to = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, PageUp: now + page, PageDown: now - page, Home: first, End: count - 1 }[e.key];
      if (e.key === "Escape") hide();
      else if (to != null) show(Math.min(count - 1, Math.max(first, to)));
      else return;
      e.preventDefault();
    });
    box.addEventListener("blur", hide);
  }

  const fit = (box) => ({ width: Math.max(120, Math.floor(box.clientWidth)), height: box.closest(".wide") ? (box.clientWidth < 500 ? 210 : 270) : 190 });

  function draw(plot) {
    const box = document.querySelector('[data-plot="' + plot.id + '"]');
    const legend = document.querySelector('[data-legend="' + plot.id + '"]');
    const rows = columns(plot);
    if (!box || !legend || rows[0].length === 0) return;
    box.style.display = "block"; // it is hidden as long as it is empty
    const u = new uPlot({
      ...fit(box),
      padding: [8, plot.x ? 22 : 18, 0, 0],
      legend: { show: false },
      series: [{}, ...plot.curves.map((c, i) => curve(plot, c))],
      bands: bands(plot),
      scales: scales(plot),
      axes: axes(plot),
      cursor: {
        sync: plot.x ? undefined : { key: "run", scales: ["x", null] },
        drag: { x: true, y: false },
        points: { size: 7 },
      },
      hooks: { setCursor: [follow(plot, box, legend)], draw: plot.marked ? [marks] : [] },
    }, rows, box);
    steer(u, box, plot, rows[0].length);
    charts.push({ u, box });
    new ResizeObserver(() => { if (box.clientWidth !== u.width && !root.dataset.print) u.setSize(fit(box)); }).observe(box);
  }

  function redraw() {
    styles = getComputedStyle(root);
    for (const { u } of charts) u.redraw(false);
  }
  // Paper is white and narrow, whatever the screen is.
  function paper(on) {
    if (on) root.dataset.print = ""; else delete root.dataset.print;
    for (const { u, box } of charts) u.setSize(!on ? fit(box) : box.closest(".wide") ? { width: 660, height: 200 } : { width: 315, height: 150 });
    redraw();
  }

  data.plots.forEach(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  window.lologen = { units, charts: charts.map((c) => c.u) };
})();
