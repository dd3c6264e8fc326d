// One call: a click on the waveform plays from there; the views zoom without leaving the page.
"use strict";
(() => {
  const figure = () => document.getElementById("wave");
  const sounds = [...document.querySelectorAll("audio[data-kind=call]")];
  const part = () => [Number(figure().dataset.from), Number(figure().dataset.to)];

  const seek = (at, plays) => {
    if (!sounds.length) return;
    let sound = sounds[0];
    for (const one of sounds) if (Number(one.dataset.begin) <= at) sound = one;
    const place = () => { sound.currentTime = Math.max(0, at - Number(sound.dataset.begin)); };
    if (sound.readyState) place();
    else { sound.addEventListener("loadedmetadata", place, { once: true }); sound.load(); }
    sounds.forEach((one) => { if (one !== sound) one.pause(); });
    if (plays) sound.play().catch(() => {});
  };

  const show = () => {
    const cursor = document.getElementById("cursor");
    const sound = sounds.find((one) => !one.paused) || sounds.find((one) => one.currentTime > 0);
    if (!cursor || !sound) return;
    const [from, to] = part();
    const x = (Number(sound.dataset.begin) + sound.currentTime - from) / (to - from) * 1000;
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
  };
  sounds.forEach((one) => ["timeupdate", "seeked"].forEach((name) => one.addEventListener(name, show)));

  const look = (query) => {
    const request = new XMLHttpRequest();
    request.open("GET", `/calls/${encodeURIComponent(figure().dataset.call)}/wave?${query}`);
    request.responseType = "document";
    request.onload = () => {
      const found = request.response && request.response.getElementById("wave");
      if (!found) { location.reload(); return; }
      const focused = document.activeElement && document.activeElement.dataset.key;
      figure().replaceWith(document.adoptNode(found));
      if (focused) figure().querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
      show();
    };
    request.send();
  };

  document.addEventListener("click", (event) => {
    const view = event.target.closest("[data-view]");
    if (view) { event.preventDefault(); look(view.dataset.view); return; }
    const moment = event.target.closest("[data-seek]");
    if (moment) {
      if (sounds.length) event.preventDefault();
      seek(Number(moment.dataset.seek), true);
      return;
    }
    const drawing = event.target.closest("#wave svg:not(.scale)");
    if (drawing) {
      const box = drawing.getBoundingClientRect(), [from, to] = part();
      seek(from + (event.clientX - box.left) / box.width * (to - from), true);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, button, audio, a[data-seek], dialog[open]")) return;
    const view = figure().querySelector(`[data-view][data-key="${CSS.escape(event.key)}"]`);
    if (view) { event.preventDefault(); look(view.dataset.view); }
    else if (event.key === " " && sounds.length) {
      event.preventDefault();
      const playing = sounds.find((one) => !one.paused);
      if (playing) playing.pause();
      else seek(part()[0], true);
    }
  });
})();
