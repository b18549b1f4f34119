import type * as real from '@fincore/payment-service/webhooks/outbox/send-webhook'
import { onStage } from '../stage.ts'

/** Hands a webhook to the simulated merchant. */
export const createWebhookSender: typeof real.createWebhookSender = () => ({
  send: (url, headers, body) => onStage().deliver(url, headers, body),
  close: async () => {},
})
