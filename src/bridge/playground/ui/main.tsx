import { render } from "preact";
import "../../../shared-ui/base.css";
import "./styles/shell.css";
import "./styles/list.css";
import "./styles/thread.css";
import "./styles/composer.css";
import "./styles/over.css";
import "./styles/site.css";
import { App } from "./app.tsx";
import { createDesk } from "./desk.ts";
import { takeToken } from "./sign-in.ts";
import { Site } from "./site.tsx";
import { showTheme } from "../../../shared-ui/theme.ts";

showTheme();
const root = document.getElementById("root")!;
if (new URLSearchParams(location.search).has("site")) render(<Site />, root);
else render(<App desk={createDesk()} token={takeToken()} />, root);
