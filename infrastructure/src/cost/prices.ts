/**
 * List prices in US dollars, without tax, of the region eu-central-1, on demand. They are from AWS's public price pages as they
 * were known in 2025, were written down from memory and are checked by no machine: AWS changes them, and
 * https://calculator.aws has those of today. The unit is in the name.
 */
export const prices = {
  natGatewayHour: 0.052,
  firewallEndpointHour: 0.395,
  interfaceEndpointHour: 0.012,
  transitGatewayAttachmentHour: 0.06,
  publicAddressHour: 0.005,
  loadBalancerHour: 0.027,
  trustStoreHour: 0.0056,
  fargateProcessorHour: 0.04656,
  fargateGibHour: 0.00511,
  auroraCapacityUnitHour: 0.14,
  keyMonth: 1,
  secretMonth: 0.4,
  webAclMonth: 5,
  webAclRuleMonth: 1,
  shortLivedAuthorityMonth: 50,
  generalAuthorityMonth: 400,
  alarmMonth: 0.1,
  metricMonth: 0.3,
  dashboardMonth: 3,
  millionSamplesMonth: 0.09,
  guardDutyRuntimeProcessorMonth: 1.5,
} as const
export type Price = keyof typeof prices

/** As AWS's own calculator reckons a month. */
export const hoursPerMonth = 730

/** What one unit of it costs in a month. */
export function monthly(price: Price): number {
  return price.endsWith('Hour') ? prices[price] * hoursPerMonth : prices[price]
}
