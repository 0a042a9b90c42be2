"use strict";
(function () {
  var form = document.getElementById("search");
  var input = document.getElementById("query");
  var told = document.getElementById("told");
  var events = Array.from(document.querySelectorAll(".events li"));
  var texts = events.map(function (event) { return event.textContent.toLowerCase().replace(/\s+/g, " "); });

  function search() {
    var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    events.forEach(function (event, index) {
      var fits = words.every(function (word) { return texts[index].includes(word); });
      event.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    told.textContent = words.length ? shown + " of " + events.length + " events" : "";
  }

  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  input.addEventListener("input", search);
  var asked = new URLSearchParams(window.location.search).get("q");
  if (asked) { input.value = asked; }
  search();
})();
