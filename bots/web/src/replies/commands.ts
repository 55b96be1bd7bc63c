import { randomUUID } from "node:crypto";
import type { Author, ClaimedEvent, CommandAsked, Reply, SaidCommand } from "@cria/bot-core";
import type { Bot } from "../bot.ts";
import { WebError } from "../errors.ts";
import type { EventFeed } from "../feed/event-feed.ts";
import { BOT } from "../wire.ts";
import { type AskedMessage, namesOf, type Spot } from "./asked-message.ts";

export interface CommandsOptions {
  readonly bot: Bot;
  readonly feed: EventFeed;
  readonly workspaceName: string;
  readonly now: () => number;
  /** Begins one of the two replies to a comparison, which ends with it. */
  beginCompared(question: AskedMessage, replyId: string, ended: Promise<unknown>): Reply;
}

/** Answers commands. */
export class Commands {
  readonly #options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Answers the command that a message is. */
  answer(question: AskedMessage, text: string): void {
    this.answerAs(question, this.#options.bot.parseCommand(text));
  }

  /** Answers a message as a command, or says what is wrong with it. Why its author may not is said once in a while. */
  answerAs(question: AskedMessage, command: SaidCommand["command"]): void {
    const { place, author, message } = question;
    const event = { eventId: `web:${randomUUID()}`, messageId: message.id, place, raw: JSON.stringify({ author }) };
    const answered = this.#options.bot.receive(event, async (claimed) => {
      const answer = await this.#run(claimed, question, command);
      if (answer !== undefined) this.say(question, answer);
    });
    void answered.then(() => this.publishHead(question));
  }

  /** Sets the model of a channel and says there who did. Throws a WebError with the bot's sentence where it cannot be. */
  async setModel(choice: Spot & { readonly person: Author; readonly name: string }): Promise<void> {
    const { timeline, place, person, name } = choice;
    const command = { type: "model", name } as const;
    const refuse = async (sentence: string) => {
      throw new WebError("conflict", sentence);
    };
    await this.#options.bot.handleCommand({ eventId: randomUUID(), place, author: person, command }, refuse);
    const author = { id: person.id, name: person.name };
    const text = `switched the model to **${name}**`;
    timeline.post({ id: randomUUID(), author, text, isNotice: true }, this.#options.now());
    await this.publishHead(choice);
  }

  /** Answers a message with a text of the bot's own. */
  say({ timeline, message }: AskedMessage, text: string): void {
    const answers = { messageId: message.id, authorName: message.author.name };
    timeline.post({ id: randomUUID(), author: BOT, text, answers }, this.#options.now());
  }

  async publishHead({ timeline, place }: Spot): Promise<void> {
    const head = await this.#options.bot.head(place);
    this.#options.feed.publish({ type: "head", channelId: timeline.channelId, head }, timeline.audience);
  }

  #run(claimed: ClaimedEvent, question: AskedMessage, command: SaidCommand["command"]): Promise<string | undefined> {
    const { place, author } = question;
    const asked = { place, author, names: namesOf(place, this.#options.workspaceName) };
    if ("error" in command || command.type !== "compare") return claimed.runCommand({ ...asked, command });
    return this.#compare(claimed, question, { ...asked, command });
  }

  /** Two replies, each in a message of its own; either can be stopped. */
  #compare(claimed: ClaimedEvent, question: AskedMessage, command: CommandAsked): Promise<string | undefined> {
    const { beginCompared } = this.#options;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    return claimed.compare(command, async (replyId) => beginCompared(question, replyId, ended)).finally(end);
  }
}
