import { escapeDigits, groupNumber } from '../card-traces.ts'
import type { Canary } from './canaries.ts'
import type { Line } from './line.ts'
import type { PspPlan } from './meddling-psp.ts'
import { cardJson, chargeJson, makeRequest, type RequestWish } from './requests.ts'

/** What one of the load's clients has at hand. */
export type Client = {
  /** With the registered client certificate. */
  relay: Line
  /** Without any. */
  relayAsStranger: Line
  api: Line
  /** The merchant's secret key, which may send raw cards. */
  key: string
  /** Resolves when the PSP has been sent the card, and has not answered; false when it was not within seconds. */
  pspIsAsked(canary: Canary): Promise<boolean>
}

export type Exit = {
  what: string
  /** Of 100 canaries. */
  share: number
  psp: PspPlan
  /** How it ends when all goes as meant, as a line tells it. */
  ends: string
  send(client: Client, canary: Canary): Promise<string>
}

const unknownKey = 'sk_test_of_nobody'
const firstPartBytes = 330

/** Every way on which a card can come to FinCore and leave it again. */
export const exits: readonly Exit[] = [
  charge('success', 22, 'pass', '201 captured'),
  charge('success, in chunks and pieces', 4, 'pass', '201 captured', { chunked: true }),
  charge('declined by the bank', 6, 'decline', '201 failed'),
  charge('the PSP echoes the card in its reply and headers', 12, 'echo', '201 captured'),
  charge('the PSP never answers', 2, 'silence', '201 processing'),
  charge('the PSP breaks off', 4, 'reset', '201 processing'),
  atRelay('refused at admission: unknown key', 4, '403 raw_card_key_invalid', { bearer: unknownKey }),
  atRelay('refused at admission: no certificate', 4, '403 client_certificate_required', { line: 'relayAsStranger' }),
  atRelay('refused by its headers', 2, '415 media_type_unsupported', { headers: { 'content-encoding': 'gzip' } }),
  atRelay('broken JSON', 4, '400 malformed_json', { body: (canary) => chargeJson(cardJson(canary)).slice(0, -1) }),
  atRelay('the number twice', 3, '400 card_field_ambiguous', {
    body: (canary) => chargeJson(cardJson(canary), `,"description":"paid by ${groupNumber(canary.number)}"`),
  }),
  atRelay('an escape in the number', 3, '400 card_field_ambiguous', {
    body: (canary) => chargeJson(cardJson(canary).replace(canary.number, escapeDigits(canary.number))),
  }),
  atRelay('another card in metadata', 3, '403 card_data_not_accepted_here', {
    body: ({ number }) =>
      chargeJson('{"number":"4242424242424242","cvc":"737","exp_month":12,"exp_year":2034}', metadata(number)),
  }),
  atRelay('too large', 2, '413 body_too_large', {
    body: (canary) => chargeJson(cardJson(canary), `,"description":"${'x'.repeat(66_000)}"`),
    chunked: true,
  }),
  {
    what: 'no HTTP',
    share: 2,
    psp: 'pass',
    ends: '400 malformed_http',
    send: ({ relay }, canary) => relay.ask(`${chargeJson(cardJson(canary))}\r\n\r\n`),
  },
  halfWay('the client breaks off half-way through the body', 6, 'relay'),
  {
    what: 'the client breaks off while the PSP is asked',
    share: 3,
    psp: 'late',
    ends: 'cut',
    async send({ relay, key, pspIsAsked }, canary) {
      const { head, body } = makeRequest({ bearer: key, body: chargeJson(cardJson(canary)) })
      const isAsked = pspIsAsked(canary)
      const ended = await relay.cut(head + body, isAsked)
      return ended !== 'cut' || (await isAsked) ? ended : 'cut before the PSP was asked'
    },
  },
  atApi('a card at the public API', 3, '403 card_data_not_accepted_here'),
  // Later requests are shorter, so they do not overwrite its end wherever it was read into.
  atApi('a card at the end of a long body at the public API', 2, '403 card_data_not_accepted_here', {
    body: (canary) => chargeJson(cardJson(canary)).replace('{', `{"description":"${'x'.repeat(60_000)}",`),
  }),
  atApi('a number in metadata at the public API', 3, '403 card_data_not_accepted_here', {
    body: ({ number }) => tokenJson(metadata(number)),
  }),
  atApi('a number with escapes at the public API', 1, '403 card_data_not_accepted_here', {
    body: ({ number }) => tokenJson(metadata(escapeDigits(number))),
  }),
  atApi('a card at the public API with an unknown key', 2, '401 api_key_invalid', { bearer: unknownKey }),
  atApi('a number in metadata at the public API with an unknown key', 1, '401 api_key_invalid', {
    bearer: unknownKey,
    body: ({ number }) => tokenJson(metadata(number)),
  }),
  halfWay('the client breaks off half-way at the public API', 2, 'api'),
]

/** Which exit each canary takes. Every exit is taken, by its share of all canaries, in an order that `seed` shuffles. */
export function assignExits(canaries: readonly Canary[], seed: number): Map<Canary, Exit> {
  const places = exits.flatMap((exit) => Array.from({ length: exit.share }, () => exit))
  const random = makeRandom(seed)
  return new Map(
    canaries.map((canary, index) => {
      if (index % places.length === 0) shuffle(places, random)
      return [canary, places[index % places.length] ?? exits[0]] as [Canary, Exit]
    }),
  )
}

function metadata(text: string): string {
  return `,"metadata":{"note":"card ${text}"}`
}

function tokenJson(more: string): string {
  return `{"amount":1000,"currency":"EUR","payment_method":{"type":"token","token":"tok_none"}${more}}`
}

/** Without a body it is a plain charge by the canary's card; without a bearer the merchant's key. */
type Wish = Omit<RequestWish, 'bearer' | 'body'> & {
  line: 'relay' | 'relayAsStranger' | 'api'
  bearer?: string
  body?: (canary: Canary) => string
}

function charge(what: string, share: number, psp: PspPlan, ends: string, wish: Partial<Wish> = {}): Exit {
  return { ...atRelay(what, share, ends, wish), psp }
}

function atRelay(what: string, share: number, ends: string, wish: Partial<Wish> = {}): Exit {
  return { what, share, psp: 'pass', ends, send: (client, canary) => ask(client, canary, { line: 'relay', ...wish }) }
}

function atApi(what: string, share: number, ends: string, wish: Partial<Wish> = {}): Exit {
  return atRelay(what, share, ends, { line: 'api', ...wish })
}

function ask(client: Client, canary: Canary, wish: Wish): Promise<string> {
  const body = wish.body?.(canary) ?? chargeJson(cardJson(canary))
  const request = makeRequest({ ...wish, bearer: wish.bearer ?? client.key, body })
  const line = client[wish.line]
  return wish.chunked ? line.ask(request.head, ...pieces(request.body)) : line.ask(request.head + request.body)
}

function halfWay(what: string, share: number, line: 'relay' | 'api'): Exit {
  return {
    what,
    share,
    psp: 'pass',
    ends: 'cut',
    send(client, canary) {
      const more = `,"description":"${'x'.repeat(400)}"`
      const { head, body } = makeRequest({ bearer: client.key, body: chargeJson(cardJson(canary), more) })
      return client[line].cut(head + body.slice(0, firstPartBytes))
    },
  }
}

/** Pieces that cut the card in two, and are no larger than a TLS record. */
function pieces(body: string): string[] {
  const inCard = body.indexOf('"number":"') + 16
  const rest = body.slice(inCard).match(/.{1,16000}/gs) ?? []
  return [body.slice(0, inCard), ...rest]
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffle(list: unknown[], random: () => number): void {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = list[last]
    list[last] = list[other]
    list[other] = kept
  }
}
