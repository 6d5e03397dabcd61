/** The timeline in words: who changed what. */
import { firstLine } from "./draft.ts";
import type { LaterFact } from "./later.ts";
import type { ActivityFact } from "./types.ts";

export function activityText(actor: string, fact: ActivityFact): string {
  switch (fact.type) {
    case "status":
      if (fact.reason !== undefined) return `${{ open: "Reopened", pending: "Set to pending", snoozed: "Snoozed", resolved: "Resolved" }[fact.to]}: ${fact.reason}`;
      if (fact.to === "resolved") return `${actor} resolved this conversation`;
      if (fact.to === "open") return `${actor} reopened this conversation`;
      if (fact.to === "snoozed") return fact.until === undefined ? `${actor} snoozed this until the next reply` : `${actor} snoozed this until ${utc(fact.until)}`;
      return `${actor} set this to pending`;
    case "assigned": return fact.toName === null ? `${actor} unassigned this conversation` : fact.toName === actor ? `${actor} took this conversation` : `${actor} assigned this to ${fact.toName}`;
    case "sla": {
      const what = { first: "the first reply", next: "the next reply", resolution: "resolving this" }[fact.clock];
      const told = fact.told.length === 0 ? "" : ` (told: ${fact.told.join(", ")})`;
      return fact.percent >= 100 ? `The time for ${what} is over${told}` : `${fact.percent} % of the time for ${what} is over${told}`;
    }
    case "acked": return `${actor} looks after it: no further warnings for now`;
    case "slaPolicy": return fact.to === null ? `${actor} took this off its service level` : `${actor} set the service level to ${fact.to}`;
    case "released": return `${actor} put this back into the queue: ${fact.fromName} is away`;
    case "requested": return fact.toName === actor ? `${actor} asks for this conversation; an administrator decides` : `${actor} asks to give this to ${fact.toName}; an administrator decides`;
    case "declined": return `${actor} declined that ${fact.toName} gets this`;
    case "team": return fact.toName === null ? `${actor} took this off its team` : `${actor} assigned this to the team ${fact.toName}`;
    case "contact": {
      const { name, email, phone } = fact.changed;
      const parts = [...(name === undefined ? [] : [`the name to ${name}`]), ...(email === undefined ? [] : [email === null ? "the e-mail to none" : `the e-mail to ${email}`]), ...(phone === undefined ? [] : [phone === null ? "the phone to none" : `the phone to ${phone}`])];
      return `${actor} changed the customer's details: ${parts.join(", ")}`;
    }
    case "merged": return fact.undone === true ? `${actor} took back that ${fact.name} and ${fact.into} are one customer` : `${actor} said that ${fact.name} and ${fact.into} are one customer`;
    case "attribute": return fact.value === null ? `${actor} took away the customer's ${fact.name}` : `${actor} set the customer's ${fact.name} to ${fact.value}`;
    case "blocked": return fact.blocked ? `${actor} blocked the customer: what they write is not taken any more` : `${actor} unblocked the customer: what they write from now on comes in again`;
    case "reachable": return fact.reachable ? "The customer can be reached here again" : fact.code === "CONTACT_GONE" ? "The customer's account is gone: nothing sent here reaches them" : "The customer blocked us here: nothing sent reaches them until they take that back";
    case "labelled": return `${actor} added the label ${fact.label}`;
    case "unlabelled": return `${actor} removed the label ${fact.label}`;
    case "priority": return fact.to === null ? `${actor} removed the priority` : `${actor} set the priority to ${fact.to}`;
    case "mode": return fact.to === "reply" ? `${actor} switched this thread to reply mode` : fact.to === "note-first" ? `${actor} switched this thread to note-first: only /reply sends` : `${actor} switched this thread to team-only: nothing written here reaches the customer`;
    case "recipient": return fact.as === null ? `${actor} took ${fact.address} off the replies` : `${actor} added ${fact.address} to the replies${{ to: "", cc: " (in copy)", bcc: " (in blind copy)" }[fact.as]}`;
    case "transferred": return `${actor} moved this conversation from ${fact.fromName} to ${fact.toName}`;
    case "csat": return `${actor} ${fact.changed === true ? "changed the rating to" : "rated this"} ${fact.shown}${fact.agentName === null ? "" : `, answered by ${fact.agentName}`}${fact.comment === undefined ? "" : `: “${firstLine(fact.comment, 300)}”`}`;
    case "later": return laterText(actor, fact);
    case "reaction": return fact.emojis.length === 0 ? `${actor} took back a reaction` : `${actor} reacted ${fact.emojis.join(" ")}`;
    case "delivery": return {
      retry: `${actor} asked to try a failed reply again`, send: `${actor} sent a held message to the customer`, retract: `${actor} took back a sent reply`,
      correct: `${actor} sent a correction`, cancel: `${actor} cancelled a reply before it left`,
      edit: `${actor} edited a reply. It says now: “${firstLine(fact.text ?? "", 300)}”`,
    }[fact.act];
  }
}

const utc = (at: Date): string => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

function laterText(actor: string, fact: LaterFact): string {
  const text = firstLine(fact.text, 300);
  switch (fact.act) {
    case "set": return `${actor} scheduled a reply for ${utc(fact.at)}: “${text}”`;
    case "changed": return `${actor} changed the reply scheduled for ${utc(fact.at)}. It says now: “${text}”`;
    case "cancelled": return `${actor} cancelled the reply scheduled for ${utc(fact.at)}: “${text}”`;
    case "held": return `The reply that ${fact.byName} scheduled for ${utc(fact.at)} was not sent. ${fact.why}`;
    case "reminder": return `Reminder for ${fact.byName}${text === "" ? "" : `: ${text}`}`;
  }
}
