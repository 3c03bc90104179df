// Draws the charts from the tables beside them, again whenever a table or the colours change.
(function () {
  "use strict";
  const drawn = new Map();  // drawing -> its uPlot

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--c-" + name).trim();
  }

  function read(table) {
    const heads = Array.from(table.tHead.rows[0].cells).slice(1);
    const rows = Array.from(table.tBodies[0].rows);
    return {
      labels: rows.map(function (row) { return row.cells[0].textContent; }),
      names: heads.map(function (head) { return head.textContent; }),
      tones: heads.map(function (head) { return head.dataset.tone; }),
      said: rows.map(function (row) {
        return Array.from(row.cells).slice(1).map(function (cell) { return cell.textContent; });
      }),
      values: heads.map(function (_, column) {
        return rows.map(function (row) {
          const value = row.cells[column + 1].dataset.value;
          return value === "" ? null : Number(value);
        });
      }),
    };
  }

  function stacked(values) {
    const sums = values[0].map(function () { return 0; });
    return values.map(function (column) {
      return column.map(function (value, row) { return (sums[row] += value || 0); });
    });
  }

  function seconds(value) {
    if (value < 60) return +value.toFixed(1) + " s";
    if (value < 3600) return +(value / 60).toFixed(1) + " min";
    return +(value / 3600).toFixed(1) + " h";
  }

  const AXIS = {
    bars: function (value) { return value % 1 ? "" : value.toLocaleString("en-US"); },
    seconds: seconds,
    percent: function (value) { return +value.toFixed(2) + " %"; },
  };

  function range(kind) {
    return function (_, low, high) {
      if (kind !== "percent") return [0, high > 0 ? high * 1.08 : 1];
      const least = low === null ? 99 : Math.min(low, 99.5);
      return [Math.max(0, least - (100 - least) * 0.15), 100 + (100 - least) * 0.08];
    };
  }

  function point(chart, data, text, summary) {
    const at = chart.cursor.idx;
    if (at === null || at === undefined || chart.cursor.left < 0) {
      text.textContent = summary;
      return;
    }
    const parts = data.names.map(function (name, column) {
      const value = data.values[column][at];
      return value === null || value === 0 && data.names.length > 3 ? "" : name + " " + data.said[at][column];
    }).filter(Boolean);
    text.textContent = data.labels[at] + ": " + (parts.join(", ") || "nothing");
  }

  function draw(drawing) {
    const table = document.getElementById(drawing.dataset.table);
    if (!table || !window.uPlot) return;
    const kind = drawing.dataset.chart;
    const data = read(table);
    const text = drawing.parentElement.querySelector("[data-pointed]");
    const summary = text.dataset.summary || text.textContent;
    text.dataset.summary = summary;
    const bars = kind === "bars";
    const columns = bars ? stacked(data.values) : data.values;
    const order = columns.map(function (_, column) { return column; });
    // The highest sum first, the lower ones over it.
    if (bars) order.reverse();
    const series = order.map(function (column) {
      const ink = colour(data.tones[column] + "-sign");
      return bars
        ? { label: data.names[column], fill: ink, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.72, 42] }) }
        : { label: data.names[column], stroke: ink, width: 2, points: { show: true, size: 5, fill: ink }, spanGaps: false };
    });
    const quiet = colour("quiet");
    const line = { stroke: colour("line-soft"), width: 1 };
    const axis = { stroke: quiet, grid: line, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const last = data.labels.length - 1;
    const old = drawn.get(drawing);
    if (old) old.destroy();
    const chart = new uPlot({
      width: drawing.clientWidth || 300,
      height: 180,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { show: !bars } },
      scales: { x: { time: false, range: [-0.6, last + 0.6] }, y: { range: range(kind) } },
      series: [{}].concat(series),
      axes: [
        Object.assign({}, axis, {
          grid: { show: false },
          size: 30,
          space: 64,
          incrs: [1, 2, 3, 4, 5, 6, 7, 10, 12, 14],
          values: function (_, ticks) { return ticks.map(function (tick) { return data.labels[tick] || ""; }); },
        }),
        Object.assign({}, axis, { size: 62, space: 40, values: function (_, ticks) { return ticks.map(AXIS[kind]); } }),
      ],
      hooks: { setCursor: [function (self) { point(self, data, text, summary); }] },
    }, [data.labels.map(function (_, row) { return row; })].concat(order.map(function (column) { return columns[column]; })), drawing);
    drawn.set(drawing, chart);
    drawing.dataset.drawn = "yes";
  }

  function drawAll() {
    drawn.forEach(function (chart, drawing) {
      if (!drawing.isConnected) { chart.destroy(); drawn.delete(drawing); }
    });
    document.querySelectorAll("[data-chart]").forEach(draw);
  }

  drawAll();
  new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  let soon = 0;
  window.addEventListener("resize", function () {
    clearTimeout(soon);
    soon = setTimeout(drawAll, 100);
  });

  // A table someone has opened stays open when its figures are renewed.
  let open = [];
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target.id !== "charts") return;
    open = Array.from(document.querySelectorAll("#charts details[open]")).map(function (one) { return one.id; });
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target.id !== "charts") return;
    open.forEach(function (id) { const one = document.getElementById(id); if (one) one.open = true; });
    drawAll();
  });
})();
