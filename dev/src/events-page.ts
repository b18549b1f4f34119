import { chargeFlags } from '@fincore/api-contract/charge-flags'
import { eventTypes } from '@fincore/api-contract/events'
import { deliveryStates, disabledReasons, healthStates } from '@fincore/api-contract/webhook-endpoints'
import { table, wordTable } from './doc-page.ts'

/** The page about what merchants are told, and what to do then. */
export function describeEvents(): string {
  return [
    'What happened, told to your webhook endpoints and kept at `/v1/events`. How they are signed, received and caught up on: [webhooks](guides/webhooks.md).',
    '`data.object` is the whole object as it was at that moment. Ignore types and flags that you do not know.',
    '',
    '## Types, and what to do',
    '',
    table(
      ['Type', '`data.object`', 'Meaning', 'What to do'],
      Object.entries(eventTypes).map(([type, { object, meaning, action }]) => [`\`${type}\``, object, meaning, action]),
    ),
    '',
    '## Flags of a charge',
    '',
    'What is unusual about a charge, in `flags`. A new flag brings an event of the charge.',
    '',
    table(
      ['Flag', 'Meaning', 'What to do'],
      Object.entries(chargeFlags).map(([flag, { meaning, action }]) => [`\`${flag}\``, meaning, action]),
    ),
    '',
    '## States of a delivery',
    '',
    '`status` in `/v1/webhook_endpoints/{id}/deliveries`: what became of one event at one endpoint.',
    '',
    wordTable('Status', deliveryStates),
    '',
    '## Why an endpoint is disabled',
    '',
    '`disabled_reason` of a webhook endpoint; null while it is enabled.',
    '',
    wordTable('Reason', disabledReasons),
    '',
    '## How an endpoint fares',
    '',
    '`health.state` of a webhook endpoint. When every try has failed for a day, your operator gets a [notice](notices.md); after five days the endpoint is disabled.',
    '',
    wordTable('State', healthStates),
    '',
    '## Reading `/v1/events`',
    '',
    'Ask again and again with `ending_before`, the id of the newest event that you have from this list, and you get every event once. Take the next page while `has_more` is true; within a page the newest comes first.',
    '',
    'Events are listed in the order in which they were recorded, which is not always that of their ids, and only when nothing can appear among them any more. So an event is listed some milliseconds after it is sent to your endpoints. Begin with the id of an event from this list, not from a webhook: what was sent to you last is not always what stands last here. With `object_id` the order is that of `sequence`, and an event is there at once.',
  ].join('\n')
}
