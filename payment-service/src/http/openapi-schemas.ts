import {
  ChargeList,
  ClientConfig,
  DeletedWebhookEndpoint,
  DisputeList,
  Event,
  EventList,
  PaymentSessionList,
  ProblemBody,
  RefundList,
  WebhookDeliveryList,
  WebhookEndpointList,
} from '@fincore/api-contract/answers'
import { CardTestingBlock } from '@fincore/api-contract/card-testing'
import {
  CancelCharge,
  CaptureCharge,
  CreateCardCharge,
  CreatePaymentSession,
  CreateRefund,
  CreateTokenCharge,
  ThreeDSecure,
} from '@fincore/api-contract/requests'
import { Card, Charge, Dispute, Failure, LineItem, PaymentSession, Refund } from '@fincore/api-contract/resources'
import {
  CreateWebhookEndpoint,
  NoParameters,
  RotateWebhookSecret,
  UpdateWebhookEndpoint,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@fincore/api-contract/webhook-endpoints'

/** The schemas that have a name in openapi.json; wherever one of them is used, it is referred to. */
const named = {
  Charge,
  ChargeList,
  CreateTokenCharge,
  CreateCardCharge,
  ThreeDSecure,
  CaptureCharge,
  CancelCharge,
  Card,
  Failure,
  Refund,
  RefundList,
  CreateRefund,
  CardTestingBlock,
  Dispute,
  DisputeList,
  PaymentSession,
  PaymentSessionList,
  CreatePaymentSession,
  LineItem,
  Event,
  EventList,
  WebhookEndpoint,
  WebhookEndpointList,
  WebhookEndpointWithSecret,
  DeletedWebhookEndpoint,
  CreateWebhookEndpoint,
  UpdateWebhookEndpoint,
  RotateWebhookSecret,
  WebhookDelivery,
  WebhookDeliveryList,
  NoParameters,
  ClientConfig,
  Problem: ProblemBody,
}
const names = new Map<unknown, string>(Object.entries(named).map(([name, schema]) => [schema, name]))

/** A schema as openapi.json writes it: a reference where it has a name. OpenAPI 3.1 takes JSON Schema as it is. */
export function schemaOf(schema: object): object {
  const name = names.get(schema)
  return name === undefined ? referInside(schema) : { $ref: `#/components/schemas/${name}` }
}

/** `components.schemas`. */
export function describeSchemas(): Record<string, object> {
  return Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, referInside(schema)]))
}

function referInside(schema: object): object {
  if (Array.isArray(schema)) return schema.map(referOrCopy)
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, referOrCopy(value)]))
}

function referOrCopy(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? schemaOf(value) : value
}
