/** The app that a workspace creates for Threadline, as Slack's form reads it. Source: docs.slack.dev/reference/app-manifest */
import { APP_SCOPE, BOT_EVENTS, BOT_SCOPES } from "./scopes.ts";
import { SHORTCUTS } from "./acts/menu.ts";

export interface ManifestOptions {
  /** As people see the app, at most 35 characters. */
  name: string;
  /** Where Slack calls us, without a trailing slash; null: Socket Mode. */
  publicUrl: string | null;
}
/** Path at which the server takes Slack's calls. */
export const HOOK_PATH = "/hooks/desk/slack";
/** Source: docs.slack.dev/reference/app-manifest#fields */
export const NAME_CHARS = 35;

export function slackManifest({ name, publicUrl }: ManifestOptions): object {
  const url = publicUrl === null ? {} : { url: publicUrl + HOOK_PATH };
  const request = publicUrl === null ? {} : { request_url: publicUrl + HOOK_PATH };
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: { name, description: "Customer conversations as threads of this workspace, answered from there.", background_color: "#1f2937" },
    features: {
      bot_user: { display_name: name, always_online: true },
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      shortcuts: SHORTCUTS.map((shortcut) => ({ name: shortcut.name, type: "message", callback_id: shortcut.callbackId, description: shortcut.description })),
      slash_commands: [{ command: "/desk", description: "Threadline: queue, find, assign and more", usage_hint: "help | queue | mine | find refund | assign #1042 Mara", should_escape: true, ...url }],
    },
    oauth_config: { scopes: { bot: BOT_SCOPES.map(({ scope }) => scope) } },
    settings: {
      event_subscriptions: { ...request, bot_events: [...BOT_EVENTS] },
      interactivity: { is_enabled: true, ...request },
      org_deploy_enabled: false, socket_mode_enabled: publicUrl === null, token_rotation_enabled: false,
    },
  };
}

/** Opens Slack's form with the manifest filled in. */
export const creationLink = (manifest: object): string => `https://api.slack.com/apps?new_app=1&manifest_json=${encodeURIComponent(JSON.stringify(manifest))}`;

/** What is left to do in Slack after the app was created. */
export const nextSteps = (publicUrl: string | null): string[] => [
  "Install App → Install to Workspace, then copy the Bot User OAuth Token (xoxb-…): it is botToken.",
  publicUrl === null
    ? `Basic Information → App-Level Tokens → Generate, with the scope ${APP_SCOPE.scope}: the token (xapp-…) is appToken.`
    : "Basic Information → App Credentials: copy the Signing Secret as signingSecret and the App ID as appId.",
  "Create the channel that conversations go to. A private one: invite the app to it.",
];
