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
  WebhookTryList,
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
import {
  AuthorizedCharge,
  CanceledCharge,
  CapturedCharge,
  Card,
  Charge,
  Dispute,
  FailedCharge,
  Failure,
  LineItem,
  Metadata,
  PaymentSession,
  ProcessingCharge,
  Refund,
  RequiresActionCharge,
} from '@fincore/api-contract/resources'
import {
  CreateWebhookEndpoint,
  NoParameters,
  RedeliverFailed,
  RotateWebhookSecret,
  UpdateWebhookEndpoint,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
  WebhookRedelivery,
  WebhookTry,
} from '@fincore/api-contract/webhook-endpoints'

/** The schemas that have a name in openapi.json; wherever one of them is used, it is referred to. */
const named = {
  Charge,
  ProcessingCharge,
  RequiresActionCharge,
  AuthorizedCharge,
  CapturedCharge,
  FailedCharge,
  CanceledCharge,
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
  Metadata,
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
  RedeliverFailed,
  WebhookRedelivery,
  WebhookTry,
  WebhookTryList,
  NoParameters,
  ClientConfig,
  Problem: ProblemBody,
}
/** By what they say, because TypeBox makes a copy of a schema that is optional somewhere. */
const names = new Map(Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]))

/** A schema as openapi.json writes it: a reference where it has a name. OpenAPI 3.1 takes JSON Schema as it is. */
export function schemaOf(schema: object): object {
  const name = names.get(JSON.stringify(schema))
  return name === undefined ? referInside(schema) : { $ref: `#/components/schemas/${name}` }
}

/** `components.schemas`. A union of objects that differ by a word says so, for programs that make types of it. */
export function describeSchemas(): Record<string, object> {
  const schemas = Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, referInside(schema)]))
  return { ...schemas, Charge: { ...schemas.Charge, discriminator: chargesByStatus } }
}

const chargesByStatus = {
  propertyName: 'status',
  mapping: Object.fromEntries(
    Charge.anyOf.map((charge) => [
      charge.properties.status.const,
      `#/components/schemas/${names.get(JSON.stringify(charge))}`,
    ]),
  ),
}

function referInside(schema: object): object {
  if (Array.isArray(schema)) return schema.map(referOrCopy)
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, referOrCopy(value)]))
}

function referOrCopy(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? schemaOf(value) : value
}
