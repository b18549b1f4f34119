/** The programs whose spans there are. The card relay sends durations, and the payment service makes its spans of them. */
export type TracedProgram = 'payment-service' | 'card-relay'
/** OpenTelemetry's kinds (Trace API, “SpanKind”). */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

type SpanRow = { program: TracedProgram; kind: SpanKind; meaning: string }

/** Every span but those of requests, which have method and route for a name, such as `POST /v1/charges`. */
export const spanTable = {
  'write the intent': {
    program: 'payment-service',
    kind: 'client',
    meaning:
      'The first durable write of a charge: from when it is wanted until it is committed, with what else arrived.',
  },
  'write the outcome': {
    program: 'payment-service',
    kind: 'client',
    meaning: 'The second durable write: what the PSP answered, the event and the answer for repeats.',
  },
  'call the PSP': {
    program: 'payment-service',
    kind: 'client',
    meaning: 'A request to a PSP, from its beginning to the last byte of the reply, by this process.',
  },
  'read the card': {
    program: 'card-relay',
    kind: 'internal',
    meaning: 'From admission until the relay has read the body and taken the card out of it.',
  },
  'send the card': {
    program: 'card-relay',
    kind: 'client',
    meaning: 'The same as `call the PSP`, by the card relay.',
  },
  'look up the attempt': {
    program: 'payment-service',
    kind: 'internal',
    meaning: 'The resolver asks a PSP what became of an attempt, and applies what it says.',
  },
  'apply the PSP’s event': {
    program: 'payment-service',
    kind: 'consumer',
    meaning: 'The inbox applies what a PSP’s webhook told.',
  },
  'deliver the webhook': {
    program: 'payment-service',
    kind: 'producer',
    meaning: 'One try of the outbox to deliver an event to an endpoint of the merchant.',
  },
} as const satisfies Record<string, SpanRow>
export type SpanName = keyof typeof spanTable

/**
 * The forms that values may have. None of them can hold a text of somebody else: an id is one of ours, which are letters
 * and digits of 130 bits behind a prefix; a word has no digits to speak of; a route is a pattern of the table of routes.
 */
export const attributeForms = {
  id: /^[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}$/,
  word: /^(?!.*\d{4})[A-Za-z][\w.]{0,63}$/,
  route: /^\/(?!.*\d{4})[\w/:.*-]{0,100}$/,
  number: /^\d{1,9}$/,
} as const
export type AttributeForm = keyof typeof attributeForms

/** All that a span may say beside its name and its times. A value that has not its form is left out. */
export const attributeTable = {
  'http.request.method': { form: 'word', meaning: 'Of a request.' },
  'http.route': { form: 'route', meaning: 'Its pattern, such as `/v1/charges/:id`, never its address.' },
  'http.response.status_code': {
    form: 'number',
    meaning: 'The answer’s: of FinCore, of a PSP, of a merchant’s endpoint.',
  },
  'error.type': {
    form: 'word',
    meaning: 'The [code](errors.md) of a refusal, the word for a call that failed, or the name or code of a fault.',
  },
  'fincore.request': { form: 'id', meaning: '`X-Request-Id` of the answer.' },
  'fincore.merchant': { form: 'id', meaning: 'Whose key it was.' },
  'fincore.object': { form: 'id', meaning: 'The charge, refund or session that it is about.' },
  'fincore.attempt': { form: 'id', meaning: 'The call’s id, which is also the reference at the PSP.' },
  'fincore.psp': { form: 'word', meaning: 'Which PSP.' },
  'fincore.psp_account': { form: 'id', meaning: 'Which account there.' },
  'fincore.operation': { form: 'word', meaning: 'What a PSP was asked for.' },
  'fincore.outcome': {
    form: 'word',
    meaning: 'What a PSP’s reply means, what a look-up found, or what became of a PSP’s event: words of tables.',
  },
  'fincore.batch_size': { form: 'number', meaning: 'How many charges shared the statement.' },
  'fincore.event': { form: 'id', meaning: 'The event that is delivered.' },
  'fincore.webhook_endpoint': { form: 'id', meaning: 'Where to.' },
  'fincore.try': { form: 'number', meaning: 'Which try it is, from 1.' },
} as const satisfies Record<string, { form: AttributeForm; meaning: string }>
export type AttributeName = keyof typeof attributeTable
export type Attributes = { readonly [Name in AttributeName]?: string | number | null | undefined }

/** What may leave the process of what a span was told. The types allow no other names; the forms hold at run time too. */
export function allowAttributes(told: Attributes): Record<string, string | number> {
  const allowed = Object.entries(told).filter((entry): entry is [string, string | number] => {
    const row: { form: AttributeForm } | undefined = attributeTable[entry[0] as AttributeName]
    return row !== undefined && attributeForms[row.form].test(String(entry[1] ?? ''))
  })
  return Object.fromEntries(allowed.map(([name, value]) => [name, isNumber(name) ? Number(value) : String(value)]))
}

const isNumber = (name: string) => attributeTable[name as AttributeName].form === 'number'
