// Starts what a page needs. Every page works without scripts; these make it live and quick to move in.
import { startLive } from "./live.js";
import { startLists } from "./list.js";
import { startKeys } from "./keys.js";
import { startSearch } from "./search.js";
import { startCharts } from "./chart.js";
import { startGraph } from "./graph.js";
import { startForms } from "./forms.js";

document.documentElement.classList.add("scripted");
startKeys();
startForms();
startSearch();
startCharts();
startGraph();
startLists();
startLive();
// On a narrow screen the row of sections scrolls: where one is stays in sight.
document.querySelector(".subtabs a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
