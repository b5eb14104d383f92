const wide = matchMedia("(min-width: 62rem)");
const drawer = document.getElementById("contents");
const fit = () => { drawer.open = wide.matches; };
wide.addEventListener("change", fit);
fit();

const shade = document.getElementById("light");
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const keep = (value) => {
  root.dataset.shade = value;
  try { localStorage.setItem("shade", value); } catch { /* a file */ }
};
try { root.dataset.shade = localStorage.getItem("shade") ?? ""; } catch {
  root.dataset.shade = "";
}
shade.addEventListener("click", () => {
  const now = root.dataset.shade || (dark.matches ? "dark" : "light");
  keep(now === "dark" ? "light" : "dark");
});

// Sections that have every word; those that have them in the title first.
const find = (query) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const score = ([title, , text]) => {
    const all = `${title} ${text}`.toLowerCase();
    if (!words.every((word) => all.includes(word))) return 0;
    const name = title.toLowerCase();
    return words.reduce((sum, word) => sum + all.split(word).length - 1
      + (name.includes(word) ? 20 : 0), 0);
  };
  return PLACES.map((place) => [score(place), place])
    .filter(([points]) => points > 0)
    .sort((a, b) => b[0] - a[0]).slice(0, 8).map(([, place]) => place);
};
const query = document.getElementById("query");
query.addEventListener("input", () => {
  const entries = find(query.value).map(([title, address]) => {
    const entry = document.createElement("li");
    const link = document.createElement("a");
    link.href = address;
    link.textContent = title;
    entry.append(link);
    return entry;
  });
  document.getElementById("found").replaceChildren(...entries);
});
