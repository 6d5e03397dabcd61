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
import { takeSignInLink } from "./sign-in.ts";
import { Site } from "./site.tsx";
import { showTheme } from "./theme.ts";

showTheme();
const root = document.getElementById("root")!;
if (new URLSearchParams(location.search).has("site")) render(<Site />, root);
else {
  const refused = await takeSignInLink();
  const desk = createDesk();
  desk.complain(refused);
  render(<App desk={desk} />, root);
}
