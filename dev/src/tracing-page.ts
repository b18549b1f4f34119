import { readFileSync } from 'node:fs'
import { type AttributeForm, attributeTable, spanTable } from '@fincore/payment-service/observability/trace-table'
import { drawTrace, type TraceSpan } from './diagrams/draw-trace.ts'
import { table } from './doc-page.ts'
import { pathInRepository } from './managed-process.ts'

/** One raw-card charge, as `npm run drill:trace -- --write` saw it. */
export function readRecordedTrace(): TraceSpan[] {
  return JSON.parse(readFileSync(pathInRepository('docs/trace.json'), 'utf8'))
}

const formWords: Record<AttributeForm, string> = {
  id: 'an id of FinCore',
  word: 'a word of a table',
  route: 'a pattern',
  number: 'a whole number',
}

export function drawTracing(): { path: string; text: string } {
  const spans = readRecordedTrace()
  const told = spans.map(({ name, program, lastedMs }) => `${name} (${program}, ${lastedMs.toFixed(1)} ms)`)
  const description = `From top to bottom, with the program and how long it took: ${told.join(', ')}.`
  return { path: 'docs/trace.svg', text: drawTrace('The trace of one raw-card charge', description, spans) }
}

/** The page about traces: what is in one, how they are switched on, and all that they may say. */
export function describeTracing(): string {
  return [
    'Where the time of one payment went: from the merchant’s request through the card relay and the PSP to the delivered webhook, in one picture. Off unless you say where traces are to be sent.',
    '',
    '![The trace of one raw-card charge, from the merchant’s request to the delivered webhook](trace.svg)',
    '',
    'A charge with a card at the sandbox PSP, which answers at once, on a developer’s machine, the quickest of five: `npm run drill:trace` makes them and prints it, `npm run drill:trace -- --write` keeps it for this picture. What stands under the first line after its end is what other jobs did later: they belong to it all the same.',
    '',
    '## Switch it on',
    '',
    table(
      ['Setting of the payment service', 'Default', 'Meaning'],
      [
        [
          '`TRACES_ENDPOINT`',
          'none',
          'An OTLP receiver by HTTP, such as `http://127.0.0.1:4318/v1/traces` of an OpenTelemetry Collector. Without it nothing is traced, and no code of OpenTelemetry is loaded',
        ],
        [
          '`TRACES_SAMPLE_RATIO`',
          '`1`',
          'Which part of the traces is kept, from 0 to 1. It goes by the trace’s id, so every process keeps the same ones whole',
        ],
      ],
    ),
    '',
    'Set both the same on every process. The card relay has no setting: it sends nobody a trace. It tells the payment service, with what it asks anyway, how long its parts took, and the payment service makes the spans.',
    '',
    'A receiver that is slow or away costs no request anything: at most 4,096 finished spans wait, what is more is dropped, and a stop waits for it 2 s at most.',
    '',
    '## Find a payment',
    '',
    'A charge, a refund or a session has the same 26 characters behind its prefix as the request that made it: `ch_01kx…` was made by `req_01kx…`, which the merchant got as `X-Request-Id`. Ask your tracing tool for `fincore.request = "req_01kx…"`; the trace’s id is the UUID that these characters are.',
    '',
    '- In the same trace: each look-up of the resolver, each event of the PSP about it, each try to deliver a webhook about it, whenever and by whichever process that is done.',
    '- A trace of its own: every other request, such as a capture or a read, and an event of a PSP that names nothing known. A charge that comes of a hosted page is in a trace of its own; its session is in the one of the request that made it.',
    '- A merchant’s own `traceparent` header is a link at the request’s span, and never its parent: whether and as what something is traced is yours to say. It is left out where its ids could be a card number.',
    '- A request that the card relay refused by itself, after admission and before the payment service heard of the charge, has no span of the relay.',
    '',
    '## The spans',
    '',
    'A request has method and route for a name, such as `POST /v1/charges`.',
    '',
    table(
      ['Name', 'Program', 'Meaning'],
      Object.entries(spanTable).map(([name, { program, meaning }]) => [name, program, meaning]),
    ),
    '',
    '## All that they say',
    '',
    'Nothing of a body, of a header or of an address, no text of a merchant, a PSP or an error, and so no card number: a value that has not its form is left out. `end-to-end/src/card-traces.test.ts` sends card numbers in at every door with tracing on, and searches every byte that was exported.',
    '',
    table(
      ['Attribute', 'Form', 'Meaning'],
      Object.entries(attributeTable).map(([name, { form, meaning }]) => [`\`${name}\``, formWords[form], meaning]),
    ),
    '',
    'Of the process: `service.name` (`payment-service` or `card-relay`), `service.namespace` (`fincore`), `deployment.environment.name` (`ENVIRONMENT`).',
    '',
    '## Server-Timing',
    '',
    'With or without traces, an answer of the API says where its time went, and so does the card relay’s to a charge: `Server-Timing: fincore;dur=4.2, psp;dur=184.0`, in milliseconds. `psp` is what the request waited for PSPs; `fincore` is all else since the request’s headers had arrived, the merchant’s own time for sending the body included. An answer of 503 `overloaded` has none.',
    '',
    '## What it costs',
    '',
    '`npm run drill:trace -- --cost` pays 2,000 raw-card charges without and 2,000 with every trace kept, in turns, and counts the processor time of the payment service, webhooks and PSP’s events included. On two shared cores: 6.9 ms a charge without, 7.6 ms with (11 % more, for about eleven spans a charge). A lower `TRACES_SAMPLE_RATIO` costs that much less: of a trace that is not kept no span is made.',
    '',
    'Why it is built so: [decision 0024](decisions/0024-traces-by-id.md).',
  ].join('\n')
}
