import type { CreateCardCharge, CreateTokenCharge } from '@fincore/api-contract/requests'
import { readShopperAddress } from '../abuse/shopper-address.ts'
import type { Shopper } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'

/**
 * Who pays, as far as the request says it. Personal data: handed to the PSP that wants it and counted against card
 * testing, and then gone. It is in no row and in no log, because nothing that comes later needs it.
 *
 * @returns a refusal of a new charge alone. `customer_ip` is no part of what makes two requests the same, so a repeat is
 *   answered whatever stands in it.
 */
export function readShopper(request: CreateTokenCharge | CreateCardCharge): Shopper | Refusal {
  const { customer_ip: address = null, customer_email: email = null } = request
  if (address !== null && readShopperAddress(address) === null)
    return refuse('parameter_invalid', {
      param: 'customer_ip',
      detail: 'customer_ip must be one IPv4 or IPv6 address, such as 203.0.113.7, without a port or a network.',
    })
  return { address, email }
}
