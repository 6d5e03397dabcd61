/** Composition root: settings → store → core → adapters → server → graceful stop. The only file that sees every room. */
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assemble } from "./assemble.ts";
import { startRouter } from "./automation/routing/router.ts";
import { createScheduler } from "./automation/scheduler.ts";
import { runVerbFor } from "./bridge/act.ts";
import { checkPlayground } from "./bridge/playground/checks.ts";
import { playgroundPages } from "./bridge/playground/pages.ts";
import { playgroundRoutes } from "./bridge/playground/routes.ts";
import { deskHookRoutes } from "./bridge/hooks.ts";
import { createLiveDesks } from "./bridge/live.ts";
import { deskKinds, vendorDesks } from "./bridge/registry.ts";
import { inboxPaths } from "./channels/api/openapi.ts";
import { apiRoutes } from "./channels/api/routes.ts";
import { createLiveChannels } from "./channels/live.ts";
import { channelKinds } from "./channels/registry.ts";
import { surveyRoutes } from "./channels/survey/routes.ts";
import { unsubscribeRoutes } from "./channels/unsubscribe/routes.ts";
import { hookRoutes } from "./channels/webhooks.ts";
import { widgetPages } from "./channels/widget/pages.ts";
import { widgetRoutes } from "./channels/widget/routes.ts";
import type { Config } from "./config.ts";
import { environment } from "./config.ts";
import { freeLeases } from "./core/lanes/after-crash.ts";
import { forgetSettings } from "./core/services/inbox-settings.ts";
import { receiveEvent } from "./core/services/receive-inbound.ts";
import { retryParked } from "./core/services/retry-parked.ts";
import { applySettings } from "./core/settings-file/apply.ts";
import { readLimits } from "./core/settings-file/limits.ts";
import { deskCheckers, inboxCheckers, type CheckDeps, type Checker } from "./boot/connection-checks.ts";
import { makeDemo } from "./boot/demo.ts";
import { projectRoot, version } from "./boot/install.ts";
import { createLog } from "./log.ts";
import { openParts } from "./boot/open-parts.ts";
import { newRunToken, removeRunFile, writeRunFile } from "./boot/run-file.ts";
import type { Running } from "./boot/running.ts";
import { buildServer } from "./server.ts";
import { settingsKinds } from "./boot/settings-kinds.ts";
import { StartError } from "./boot/start-error.ts";
import { readersIn } from "./boot/named-files.ts";
import { switchDelivery } from "./boot/switch-delivery.ts";
import { createAuth } from "./web-admin/auth/auth.ts";
import { authRoutes, signInLink } from "./web-admin/auth/routes.ts";
import { createTokens } from "./web-admin/auth/tokens.ts";
import { controlRoutes } from "./web-admin/control.ts";
import { healthRoutes } from "./web-admin/health.ts";
import { adminPages, docsPages } from "./web-admin/pages.ts";
import type { AdminParts, LookAt } from "./web-admin/routes/call.ts";
import { adminRoutes } from "./web-admin/routes/routes.ts";

/** More than this between our clock and the database's would let two processes hold one lease. Milliseconds. */
const MAX_CLOCK_SKEW = 2_000;
const STOP_MS = 10_000;

/** Starts everything and listens; whatever was begun has ended when it throws. @throws {ConfigError}, {StartError} and errors whose message says what to do. */
export async function startThreadline(config: Config): Promise<Running> {
  const log = createLog(config.logLevel);
  const opened = await openParts(config, log, (error) => {
    log.fatal({ err: error }, "The embedded store stopped working. Threadline ends here so that nothing is half-stored; start it again.");
    process.exit(70);
  });
  try {
    return await run(config, log, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

type Opened = Awaited<ReturnType<typeof openParts>>;

async function run(config: Config, log: ReturnType<typeof createLog>, opened: Opened): Promise<Running> {
  const { store, clock, secrets } = opened.parts;
  await checkClock(opened);
  const deps = { store, clock, secrets, ...settingsKinds };
  const news: string[] = [];
  if (config.applyFile !== undefined) news.push(...(await applyAtStart({ ...deps, ...readersIn(dirname(config.applyFile), opened.parts.files) }, config.applyFile)));
  else if (await makeDemo(deps)) news.push("Made a demo: the inbox Website and two agents, Mara Lindqvist and Jonas Okafor.");

  // Nobody else can use the embedded store: what is still held there, a dead process held.
  if (opened.kind === "embedded") await freeLeases(store);
  const assembly = assemble({ ...opened.parts, limits: await readLimits(store) });
  const { core, host } = assembly;
  /** Off once a real desk is connected: nobody could work there, so nothing is moved there either. */
  const isOpen = () => Object.keys(vendorDesks).every((kind) => desks.of(kind) === undefined);
  const playground = Object.assign(deskKinds.playground(core, store.db), { isOpen });
  core.desks.set(playground.kind, playground);
  const desks = createLiveDesks(core, host, vendorDesks, config.publicUrl);
  const channels = createLiveChannels(core, channelKinds, config.publicUrl);
  const auth = createAuth({ store, clock }), tokens = createTokens({ store, clock });
  const scheduler = createScheduler(core);
  core.scheduler = scheduler;
  if (config.publicUrl !== null) core.publicUrl = config.publicUrl;
  let stopRouter: (() => Promise<void>) | undefined;

  await Promise.all([playground.ensureIndexes(), auth.ensureIndexes(), tokens.ensureIndexes()]);

  let lanesRun = false;
  const lanesFault = () => (lanesRun ? null : "The lanes are not running (yet).");
  const secure = config.publicUrl?.startsWith("https://") === true;
  const token = newRunToken();
  const server = await buildServer({
    log, trustProxy: config.trustProxy,
    plugins: [
      healthRoutes({ core, kind: opened.kind, version, lanesFault }),
      hookRoutes({ log, inboxById: (id) => { const adapter = channels.adapterOf(id); return adapter === null ? null : { adapter }; }, receive: (event) => receiveEvent(core, event) }),
      deskHookRoutes({ deskOf: desks.of, log }),
      widgetRoutes(core),
      apiRoutes(core),
      widgetPages(core, join(projectRoot, "dist/widget")),
      surveyRoutes(core),
      unsubscribeRoutes(core),
      authRoutes({ auth, secure }),
      adminRoutes({ core, auth, tokens, runVerb: (call) => runVerbFor(core, { ...call, desk: "api", thread: null }), alsoDescribed: inboxPaths(), store: opened.kind, version, lanesFault, publicUrl: config.publicUrl, tests: testsFor({ secrets, clock, publicUrl: config.publicUrl }, isOpen) }),
      adminPages(join(projectRoot, "dist/admin"), { secure }),
      docsPages(join(projectRoot, "dist/api-docs"), { secure }),
      controlRoutes({
        token,
        async apply(text, env, folder) {
          const result = await applySettings({ ...deps, ...(folder === undefined ? {} : readersIn(folder, opened.parts.files)) }, text, env);
          forgetSettings(core);
          await desks.reload();
          await channels.reload();
          return result;
        },
        delivery: (act) => switchDelivery(core, act),
        retryParked: () => retryParked(core),
      }),
      playgroundRoutes({ playground, host, gate: { port: () => portOf(server), trustProxy: config.trustProxy !== false, enabled: async () => isOpen(), isAdministrator: (request) => auth.isAdministrator(request) } }),
      playgroundPages(join(projectRoot, "dist/playground")),
    ],
  });
  /** Ends all that works on the store; what opened it closes it after that. */
  const halt = async () => {
    lanesRun = false;
    await removeRunFile(config.dataDir);
    await channels.stop();
    await desks.stop();
    await stopRouter?.();
    await scheduler.stop();
    await server.close();
    playground.close();
    await within(STOP_MS, assembly.stop());
  };
  try {
    await desks.reload();
    await channels.reload();
    assembly.start();
    await scheduler.start();
    stopRouter = startRouter(core);
    lanesRun = true;
    await listen(server, config);
  } catch (error) {
    await halt();
    throw error;
  }

  const url = `http://${config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host}:${portOf(server)}`;
  await writeRunFile(config.dataDir, { url, token });
  const link = signInLink(config.publicUrl ?? url, await auth.newStartLink(), isOpen() ? "playground" : "admin");

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await halt();
    await opened.close();
  };
  return { url, playground: `${url}/playground/`, signInLink: link, store: opened.kind, news, stop: () => (stopping ??= stop()) };
}

/** What *Test* in the admin does: the very checks of `threadline doctor`. */
function testsFor(deps: CheckDeps, playgroundIsOpen: () => boolean): AdminParts["tests"] {
  const bound = <T>(checkers: Record<string, Checker<T>>) => Object.fromEntries(Object.entries(checkers).map(([kind, { check }]) => [kind, ((subject, tell) => check(subject, deps, tell)) as LookAt<T>]));
  return { desks: { ...bound(deskCheckers), playground: async (_targets, tell) => checkPlayground(playgroundIsOpen(), tell) }, inboxes: bound(inboxCheckers) };
}

/** Leases trust the clocks: a process whose clock is off would take what another still holds. */
async function checkClock({ parts }: Opened): Promise<void> {
  const { localTime } = (await parts.store.db.admin().command({ hello: 1 })) as { localTime?: Date };
  const skew = localTime === undefined ? 0 : Math.abs(localTime.getTime() - parts.clock.now().getTime());
  if (skew > MAX_CLOCK_SKEW) throw new Error(`This machine's clock is ${Math.round(skew / 1_000)} s off the database's. Messages could be sent twice, so Threadline does not start; set both clocks (NTP) and start again.`);
}

async function applyAtStart(deps: Parameters<typeof applySettings>[0], file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`THREADLINE_APPLY names ${file}, which can't be read (${error.code ?? error.message}). Set it to your settings file, or unset it.`);
  });
  const { changes, faults } = await applySettings(deps, text, environment());
  if (faults.length > 0) throw new Error(`${file} has faults, so nothing was changed:\n${faults.map((fault) => `  line ${fault.line}, column ${fault.column}: ${fault.reason}`).join("\n")}`);
  return changes;
}

async function listen(server: Awaited<ReturnType<typeof buildServer>>, config: Config): Promise<void> {
  try {
    await server.listen({ port: config.port, host: config.host });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new StartError("PORT_IN_USE", `Port ${config.port} is in use. End what runs there, or choose another port: PORT=${config.port + 1} npm start`, { cause: error });
    throw new StartError("CANNOT_LISTEN", `The system does not let Threadline listen on ${config.host}, port ${config.port} (${code ?? "no reason given"}). Check HOST and PORT; ports below 1024 need special rights.`, { cause: error });
  }
}

const portOf = (server: Awaited<ReturnType<typeof buildServer>>): number => (server.server.address() as AddressInfo | null)?.port ?? 0;

/** What does not end in time is left to the sweep of the next start: everything is stored. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => { timer = setTimeout(resolve, ms); })]);
  clearTimeout(timer);
}
