import type {
  AuthorizeInput,
  ExternalThreeDSecure,
  HostedSessionState,
  LookUpAnswer,
  Money,
  MoneyKind,
  Psp,
  PspAccount,
  PspReply,
  PspRequest,
  Question,
} from './port.ts'

/** A request that an adapter can send, and what of the port's options it is made of. */
export type NamedRequest = {
  name: string
  request: PspRequest
  /** Of a look-up: the request for the next page, where its reply says that there is one. */
  next?(reply: PspReply): PspRequest | null
}

/** What a request names at the PSP, in the PSP's own form. */
export type Names = { token: string; payment: string; session: string }

/** An account of a PSP that exists nowhere: each adapter has one in `testing/sample.ts`. */
export type Sample = { account: PspAccount; names: Names }

/** Something with its label; a label that is empty is left out of the name. */
type Option<T> = readonly (readonly [label: string, value: T])[]

/** One currency of each number of digits of the minor unit (ISO 4217), and those that PSPs count in their own way. */
const digits = ['EUR', 'JPY', 'KWD'] as const
const oddCurrencies = ['CLP', 'CVE', 'HUF', 'IDR', 'ISK', 'KRW', 'MGA', 'TND', 'TWD', 'UGX', 'USD'] as const
/** A multiple of a hundred, which every PSP can express that takes the currency at all. */
const amountOf = (currency: string): Money => ({ amount: 12_300n, currency })

const returnUrls: Option<string | null> = [
  ['', null],
  ['return address', 'https://shop.example/c/return?order=7&step=pay'],
]
const descriptions: Option<string | null> = [
  ['', null],
  ['description', '“{{card.number}}”\n\u0000 50 % off & more=yes [x] Zoë'],
]
const captureMethods: Option<'automatic' | 'manual'> = [
  ['captured at once', 'automatic'],
  ['captured later', 'manual'],
]
const authentications: Option<ExternalThreeDSecure> = [
  ['3-D Secure 2.2', { eci: '05', cavv: 'AAABBEg0VhI0VniQEjRWAAAAAAA=', dsTransactionId: uuid(1), version: '2.2.0' }],
  [
    '3-D Secure 2.1, tried',
    { eci: '01', cavv: 'jJ81HADVRtXfCBATEp01CJUAAAA=', dsTransactionId: uuid(2), version: '2.1.0' },
  ],
]

/**
 * Every request that an adapter can send, over all combinations of what the port lets flows choose; those of the same
 * content once. Each has a reference of its own, and so an idempotency key of its own, so that all can be sent to one
 * account. Those for further pages of a list come by `next`: only a reply tells what they are.
 *
 * @param names what a token, a payment and a session are called at this PSP.
 */
export function* everyRequest(psp: Psp, account: PspAccount, names: Names, now: Date): Generator<NamedRequest> {
  const seen = new Set<string>()
  let serial = 0
  for (const { name, build, readNext } of everyBuild(psp, account, names, now)) {
    // Two that differ by their reference alone are one.
    const sample = build(referenceOf(0))
    if (sample === null) continue
    const content = JSON.stringify(sample)
    if (seen.has(content)) continue
    seen.add(content)
    serial += 1
    const reference = referenceOf(serial)
    const request = build(reference)
    if (request === null) continue
    yield { name, request, ...(readNext && { next: (reply: PspReply) => readNext(reference, reply) }) }
  }
}

/** For readers outside: as JSON, without the host, and with no credential in it. */
export function showRequest({ name, request }: NamedRequest, account: PspAccount) {
  const { pathname, search } = new URL(request.url)
  const secrets = Object.values(account.credentials).filter((value) => value !== '')
  const isSecret = (header: string, value: string) =>
    /^(authorization|x-api-key)$/i.test(header) || secrets.some((secret) => value.includes(secret))
  const headers = Object.entries(request.headers).map(([header, value]) => [
    header,
    isSecret(header, value) ? '(secret)' : value,
  ])
  const contentType = Object.entries(request.headers).find(([header]) => header.toLowerCase() === 'content-type')?.[1]
  return {
    name,
    method: request.method,
    path: `${pathname}${search}`,
    headers: Object.fromEntries(headers),
    content_type: contentType ?? null,
    body: request.body,
  }
}

type Build = {
  name: string
  build(reference: string): PspRequest | null
  readNext?(reference: string, reply: PspReply): PspRequest | null
}

function* everyBuild(psp: Psp, account: PspAccount, names: Names, now: Date): Generator<Build> {
  yield* tokenCharges(psp, account, names)
  yield* cardCharges(psp, account)
  yield* followUps(psp, account, names)
  yield* lookUps(psp, account, names, now)
  yield* sessions(psp, account, names, now)
  for (const check of psp.checks?.list(account, {
    webhookUrl: 'https://pay.example.com/hook',
    environment: 'sandbox',
  }) ?? [])
    yield { name: `check: ${check.name}`, build: () => check.request }
  const { ownPayment } = psp.checks ?? {}
  if (ownPayment !== undefined)
    yield { name: 'check: own payment', build: () => ownPayment.request(account, names.payment) }
  const { reconciliation } = psp
  if (reconciliation !== undefined)
    for (const cursor of [null, 'page2'])
      yield {
        name: cursor === null ? 'list of movements' : 'list of movements, next page',
        build: () => reconciliation.list(account, { from: new Date(now.getTime() - 3_600_000), to: now, cursor }),
      }
}

function* tokenCharges(psp: Psp, account: PspAccount, { token }: Names): Generator<Build> {
  const initiators: Option<AuthorizeInput['initiator']> = [
    ['', null],
    ['by the customer', 'customer'],
    ...(psp.rawCards?.takesMerchantInitiated ? ([['by the merchant', 'merchant']] as const) : []),
  ]
  const nothingElse = { networkTransactionId: null, threeDSecure: null }
  const options = {
    captureMethod: captureMethods,
    returnUrl: returnUrls,
    description: descriptions,
    initiator: initiators,
  }
  for (const [labels, chosen] of combine({ amount: amounts(psp, digits), ...options }))
    yield {
      name: nameOf('charge of a token', labels),
      build: (reference) => psp.payments.authorizeToken(account, { ...chosen, ...nothingElse, reference, token }),
    }
  for (const [label, amount] of amounts(psp, oddCurrencies))
    yield {
      name: nameOf('charge of a token', [label]),
      build: (reference) =>
        psp.payments.authorizeToken(account, { ...plain, ...nothingElse, amount, reference, token }),
    }
}

const plain = {
  captureMethod: 'automatic',
  returnUrl: null,
  description: null,
  initiator: null,
} as const

function* cardCharges(psp: Psp, account: PspAccount): Generator<Build> {
  const { rawCards } = psp
  if (rawCards === undefined) return
  type Initiation = Pick<AuthorizeInput, 'initiator' | 'networkTransactionId' | 'threeDSecure'>
  const initiations: Option<Initiation> = [
    ['', { initiator: null, networkTransactionId: null, threeDSecure: null }],
    ['by the customer', { initiator: 'customer', networkTransactionId: null, threeDSecure: null }],
    ...(rawCards.takesThreeDSecure
      ? authentications.map(
          ([label, threeDSecure]) =>
            [label, { initiator: 'customer' as const, networkTransactionId: null, threeDSecure }] as const,
        )
      : []),
    ...(rawCards.takesMerchantInitiated
      ? ([
          ['by the merchant', { initiator: 'merchant', networkTransactionId: '016153570198200', threeDSecure: null }],
        ] as const)
      : []),
  ]
  const holders: Option<string | null> = [
    ['', null],
    ['holder', 'Ada Lovelace'],
  ]
  const expMonths: Option<number> = [
    ['', 12],
    ['expires in a month of one digit', 3],
  ]
  const build =
    (
      chosen: Pick<AuthorizeInput, 'amount' | 'captureMethod' | 'returnUrl' | 'description'>,
      more: Initiation,
      expMonth = 12,
      holderName: string | null = null,
    ) =>
    (reference: string) =>
      rawCards.authorizeCard(account, { ...chosen, ...more, reference, expMonth, expYear: 2034, holderName })
  const options = { captureMethod: captureMethods, returnUrl: returnUrls, description: descriptions }
  const everything = { amount: amounts(psp, digits), ...options, initiation: initiations, holder: holders }
  for (const [labels, { initiation, holder, ...chosen }] of combine(everything))
    yield { name: nameOf('charge of a card', labels), build: build(chosen, initiation, 12, holder) }
  const first = initiations[0]?.[1]
  if (first === undefined) return
  for (const [labels, { expMonth, ...chosen }] of combine({ amount: amounts(psp, oddCurrencies), expMonth: expMonths }))
    yield { name: nameOf('charge of a card', labels), build: build({ ...plain, ...chosen }, first, expMonth) }
}

function* followUps(psp: Psp, account: PspAccount, { payment }: Names): Generator<Build> {
  for (const kind of ['capture', 'cancel', 'refund'] as const)
    for (const [label, amount] of amounts(psp, [...digits, ...oddCurrencies]))
      yield {
        name: nameOf(kind, [label]),
        build: (reference) => psp.payments[kind](account, { reference, payment, amount }),
      }
  const { finishAction } = psp.payments
  // What the PSPs' pages add to the return address, all of them at once; an adapter takes what it knows.
  const query = { redirectResult: 'X6XtfGC3!Y29tcGxldGVk', payment_intent: payment, redirect_status: 'succeeded' }
  if (finishAction !== undefined)
    yield {
      name: 'the shopper is back from the bank',
      build: (reference) => finishAction(account, { reference, query }),
    }
}

function* lookUps(psp: Psp, account: PspAccount, names: Names, now: Date): Generator<Build> {
  const kinds: Option<MoneyKind> = (['authorize', 'capture', 'cancel', 'refund'] as const).map((kind) => [kind, kind])
  const payments: Option<string | null> = [
    ['', null],
    ['of a known payment', names.payment],
  ]
  const sums: Option<Money | undefined> = [['', undefined], ...amounts(psp, digits)]
  for (const [labels, { kind, payment, amount }] of combine({ kind: kinds, payment: payments, amount: sums })) {
    // Only of an authorization whose answer never came is the payment not known.
    if (kind !== 'authorize' && payment === null) continue
    const known = { kind, payment, sentAt: now, askedAt: now, ...(amount === undefined ? {} : { amount }) }
    const question = (reference: string): Question => ({ ...known, reference })
    yield {
      name: nameOf('look-up', labels),
      build: (reference) => psp.payments.lookUp(account, question(reference)),
      readNext: (reference, reply) => nextOf(psp.payments.readLookUp(account, question(reference), reply)),
    }
  }
}

function* sessions(psp: Psp, account: PspAccount, names: Names, now: Date): Generator<Build> {
  const { hostedSessions } = psp
  if (hostedSessions === undefined) return
  const locales: Option<string | null> = [
    ['', null],
    ['German', 'de'],
    ['Brazilian', 'pt-BR'],
    ['a language that few have', 'rm-CH'],
  ]
  const emails: Option<string | null> = [
    ['', null],
    ['e-mail', 'ada+books@example.com'],
  ]
  const lineItems: Option<{ name: string; quantity: number; amount: bigint }[]> = [
    ['', []],
    ['one line', [{ name: 'A book', quantity: 3, amount: 4_100n }]],
    [
      'lines that are odd',
      [
        { name: 'Zoë’s “book” & more', quantity: 1, amount: 12_300n },
        { name: 'A gift', quantity: 2, amount: 0n },
      ],
    ],
  ]
  const expiresAt = new Date(now.getTime() + 3_600_000)
  const addresses = { returnUrl: 'https://pay.example.com/s/t/return', cancelUrl: 'https://pay.example.com/s/t/cancel' }
  const options = {
    amount: amounts(psp, digits),
    captureMethod: captureMethods,
    locale: locales,
    description: descriptions,
    customerEmail: emails,
    lineItems,
  }
  for (const [labels, chosen] of combine(options))
    yield {
      name: nameOf('session', labels),
      build: (reference) => hostedSessions.create(account, { ...chosen, ...addresses, expiresAt, reference }),
    }
  for (const pspReference of [null, names.session]) {
    const question = (reference: string) => ({ reference, pspReference, sentAt: now })
    yield {
      name: nameOf('look-up of a session', [pspReference === null ? '' : 'that is known']),
      build: (reference) => hostedSessions.lookUp(account, question(reference)),
      readNext: (reference, reply) => nextOf(hostedSessions.readLookUp(account, question(reference), reply)),
    }
  }
  yield {
    name: 'end of a session',
    build: (reference) => hostedSessions.expire(account, { reference, pspReference: names.session }),
  }
}

function nextOf(answer: LookUpAnswer | HostedSessionState): PspRequest | null {
  return answer.found === 'next' ? answer.request : null
}

/** An amount of each currency, where the PSP takes it. */
function amounts(psp: Psp, currencies: readonly string[]): Option<Money> {
  return currencies
    .map((currency) => [currency, amountOf(currency)] as const)
    .filter(([, amount]) => psp.takesAmount?.(amount) ?? true)
}

/** All combinations of one value of each option. */
function* combine<Chosen extends object>(
  options: { [Name in keyof Chosen]: Option<Chosen[Name]> },
): Generator<[labels: string[], chosen: Chosen]> {
  const [first, ...others] = Object.entries(options) as [string, Option<unknown>][]
  if (first === undefined) return yield [[], {} as Chosen]
  const [name, values] = first
  for (const [label, value] of values)
    for (const [labels, chosen] of combine(Object.fromEntries(others)))
      yield [[label, ...labels], { [name]: value, ...chosen } as Chosen]
}

function nameOf(what: string, labels: readonly string[]): string {
  return [what, ...labels.filter((label) => label !== '')].join(', ')
}

/** In the form of an attempt's id. */
function referenceOf(serial: number): string {
  return `att_${String(serial).padStart(26, '0')}`
}

function uuid(serial: number): string {
  return `c4e59ceb-a382-4d6a-bc87-385d591fa0${String(serial).padStart(2, '0')}`
}
