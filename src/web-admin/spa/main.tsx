import { render } from "preact";
import "../../shared-ui/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/pages.css";
import { showTheme } from "../../shared-ui/theme.ts";
import { App } from "./app.tsx";

showTheme();
render(<App />, document.getElementById("root")!);
