// The calls that go on, by server-sent events. What comes is text, and stays text.
"use strict";
(() => {
  const connection = document.getElementById("connection");
  const told = (name) => { connection.textContent = connection.dataset[name] || ""; };
  const follow = (path, take) => {
    const source = new EventSource(path);
    source.onopen = () => told("live");
    source.onerror = () => told("lost");
    source.onmessage = (event) => take(JSON.parse(event.data), source);
  };

  const clock = (seconds) => {
    const whole = Math.max(0, Math.round(seconds));
    const rest = String(whole % 60).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes}:${rest}`;
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
  };

  const body = document.getElementById("now");
  if (body) {
    const skew = Number(body.dataset.now) - Date.now() / 1000;
    const template = document.getElementById("row").content.firstElementChild;
    const rows = new Map([...body.children].map((row) => [row.dataset.call, row]));
    const seconds = (row) => row.querySelector("[data-field=seconds]");
    const tick = () => rows.forEach((row) => {
      const text = clock(Date.now() / 1000 + skew - Number(row.dataset.began));
      if (seconds(row).textContent !== text) seconds(row).textContent = text;
    });
    const put = (call) => {
      let row = rows.get(call.call);
      if (!row) {
        row = template.cloneNode(true);
        row.dataset.call = call.call;
        row.dataset.began = call.began;
        row.classList.add("new");
        row.querySelector("[data-field=link]").href = `/live/${encodeURIComponent(call.call)}`;
        rows.set(call.call, row);
        body.append(row);
      }
      for (const name of ["flow", "step", "waits_for", "words"]) {
        const cell = row.querySelector(`[data-field=${name}]`);
        if (cell.textContent !== call[name]) cell.textContent = call[name];
      }
      row.querySelector("[data-field=caller]").textContent = call.caller || "-";
    };
    follow("/now/events", (message) => {
      message.put.forEach(put);
      message.gone.forEach((call) => { const row = rows.get(call); if (row) row.remove(); rows.delete(call); });
      document.getElementById("n-calls").textContent = message.n;
      document.getElementById("nobody").hidden = message.n > 0;
      tick();
    });
    setInterval(tick, 1000);
  }

  const list = document.getElementById("live");
  if (list) {
    follow(`/live/${encodeURIComponent(list.dataset.call)}/events`, (message, source) => {
      if (message.first) list.replaceChildren();
      for (const [at, text] of message.lines || []) {
        const line = document.createElement("li");
        for (const part of [at, text]) {
          const span = document.createElement("span");
          span.textContent = part;
          line.append(span);
        }
        list.append(line);
      }
      if (message.row) {
        document.getElementById("live-step").textContent = message.row.step;
        document.getElementById("live-waits").textContent = message.row.waits_for;
        document.getElementById("live-words").textContent = message.row.words;
      }
      if (message.ended) {
        source.close();
        told("ended");
        document.getElementById("after").hidden = false;
      } else if (list.lastElementChild) {
        list.lastElementChild.scrollIntoView({ block: "nearest" });
      }
    });
  }
})();
