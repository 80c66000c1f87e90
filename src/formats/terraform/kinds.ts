// Terraform's resource types: which of them are one kind of thing to AWS, which bear on packets and are not read, and
// which have nothing to do with packets.

/** What a reference may mean: a kind of thing, whatever resource type makes it. */
export type Thing =
  | "vpc"
  | "subnet"
  | "group"
  | "acl"
  | "table"
  | "internet"
  | "egress-only"
  | "private"
  | "nat"
  | "eip"
  | "interface"
  | "instance"
  | "balancer"
  | "classic"
  | "listener"
  | "targets"
  | "database-subnets"
  | "database-cluster"
  | "peering"
  | "transit"
  | "attachment"
  | "transit-table"
  | "endpoint"
  | "prefix-list";

const things: Readonly<Record<string, Thing>> = {
  aws_vpc: "vpc",
  aws_default_vpc: "vpc",
  aws_subnet: "subnet",
  aws_default_subnet: "subnet",
  aws_security_group: "group",
  aws_default_security_group: "group",
  aws_network_acl: "acl",
  aws_default_network_acl: "acl",
  aws_route_table: "table",
  aws_default_route_table: "table",
  aws_internet_gateway: "internet",
  aws_egress_only_internet_gateway: "egress-only",
  aws_vpn_gateway: "private",
  aws_nat_gateway: "nat",
  aws_eip: "eip",
  aws_network_interface: "interface",
  aws_instance: "instance",
  aws_spot_instance_request: "instance",
  aws_lb: "balancer",
  aws_alb: "balancer",
  aws_elb: "classic",
  aws_lb_listener: "listener",
  aws_alb_listener: "listener",
  aws_lb_target_group: "targets",
  aws_alb_target_group: "targets",
  aws_db_subnet_group: "database-subnets",
  aws_rds_cluster: "database-cluster",
  aws_vpc_peering_connection: "peering",
  aws_ec2_transit_gateway: "transit",
  aws_ec2_transit_gateway_vpc_attachment: "attachment",
  aws_ec2_transit_gateway_route_table: "transit-table",
  aws_vpc_endpoint: "endpoint",
  aws_ec2_managed_prefix_list: "prefix-list",
  aws_prefix_list: "prefix-list",
};

export function thingOf(type: string): Thing | undefined {
  return Object.hasOwn(things, type) ? things[type] : undefined;
}

/** Types that say something about another resource and are read with it. */
const parts: ReadonlySet<string> = new Set([
  "aws_vpc_ipv4_cidr_block_association",
  "aws_vpc_ipv6_cidr_block_association",
  "aws_internet_gateway_attachment",
  "aws_vpn_gateway_attachment",
  "aws_eip_association",
  "aws_route",
  "aws_route_table_association",
  "aws_main_route_table_association",
  "aws_network_acl_rule",
  "aws_network_acl_association",
  "aws_security_group_rule",
  "aws_vpc_security_group_ingress_rule",
  "aws_vpc_security_group_egress_rule",
  "aws_network_interface_attachment",
  "aws_network_interface_sg_attachment",
  "aws_lb_listener_rule",
  "aws_alb_listener_rule",
  "aws_lb_target_group_attachment",
  "aws_alb_target_group_attachment",
  "aws_elb_attachment",
  "aws_db_instance",
  "aws_rds_cluster_instance",
  "aws_vpc_peering_connection_accepter",
  "aws_ec2_transit_gateway_vpc_attachment_accepter",
  "aws_ec2_transit_gateway_route_table_association",
  "aws_ec2_transit_gateway_route_table_propagation",
  "aws_ec2_transit_gateway_route",
  "aws_vpc_endpoint_subnet_association",
  "aws_vpc_endpoint_security_group_association",
  "aws_vpc_endpoint_route_table_association",
  "aws_ec2_managed_prefix_list_entry",
]);

/** Of the families below, what has no bearing on packets: names, logs, options, and what others are described by. */
const noBearing: ReadonlySet<string> = new Set([
  "aws_vpc_dhcp_options",
  "aws_vpc_dhcp_options_association",
  "aws_vpc_endpoint_policy",
  "aws_vpc_endpoint_service_allowed_principal",
  "aws_vpc_endpoint_connection_notification",
  "aws_vpc_endpoint_private_dns",
  "aws_vpc_peering_connection_options",
  "aws_default_vpc_dhcp_options",
  "aws_lb_listener_certificate",
  "aws_alb_listener_certificate",
  "aws_lb_ssl_negotiation_policy",
  "aws_lb_cookie_stickiness_policy",
  "aws_lb_trust_store",
  "aws_lb_hosted_zone_id",
  "aws_eip_domain_name",
  "aws_ec2_tag",
  "aws_instances",
  "aws_subnets",
  "aws_subnet_ids",
  "aws_vpcs",
  "aws_security_groups",
  "aws_network_acls",
  "aws_network_interfaces",
  "aws_route_tables",
  "aws_eips",
  "aws_nat_gateways",
  "aws_vpc_endpoint_service",
  "aws_ec2_managed_prefix_lists",
  "aws_instance_type",
  "aws_db_instance_automated_backups_replication",
  "aws_db_instance_role_association",
]);

/**
 * Families whose resources bear on packets, or have interfaces that do. A type of one of them that is not read is
 * reported by its address; every other type (IAM, S3, DNS, queues …) has no bearing on packets and is left aside.
 */
const bearing: readonly RegExp[] = [
  /^aws_(?:default_)?vpc(?:$|_)/,
  /^aws_(?:default_)?subnet/,
  /^aws_(?:default_)?security_group/,
  /^aws_(?:default_)?(?:network_acl|route_table|network_interface|network_interfaces)/,
  /^aws_(?:main_)?route(?:$|_table)/,
  /^aws_(?:internet|egress_only|nat|vpn|customer|local|carrier)_/,
  /^aws_(?:networkfirewall|networkmanager|vpclattice|globalaccelerator|dx|route53_resolver_firewall|verifiedaccess|verified_access)_/,
  /^aws_ec2_(?:client_vpn|transit_gateway|carrier|local_gateway|network_insights|managed_prefix|subnet_cidr|instance_connect|instance_state|fleet)/,
  /^aws_(?:instance|spot_instance|spot_fleet|launch_template|launch_configuration|autoscaling_group|autoscaling_attachment|autoscaling_traffic|eip|ec2_host)/,
  /^aws_(?:lb|alb|elb)(?:$|_)/,
  /^aws_(?:proxy_protocol|load_balancer)_/,
  /^aws_(?:db_instance|db_proxy|db_cluster|rds_cluster|docdb_cluster|neptune_cluster|redshift_cluster|redshiftserverless_workgroup|elasticache|memorydb|dax)/,
  /^aws_(?:ecs_service|ecs_task_set|eks_cluster|eks_node_group|eks_fargate_profile|lambda_function|emr_cluster|msk_|mq_broker|opensearch_domain|elasticsearch_domain|efs_mount_target|fsx_|sagemaker_notebook|cloud9|workspaces_workspace|directory_service_directory|transfer_server|apigatewayv2_vpc_link|api_gateway_vpc_link|appstream_fleet|mwaa_environment|batch_compute|codebuild_project|dms_replication|storagegateway_gateway|elastic_beanstalk_environment|apprunner_vpc)/,
];

/** Parts of those families that only describe, store or count. */
const describing =
  /(?:_parameter_group|_option_group|_snapshot|_policy|_certificate|_flow_log|_tag|_role_association|_event_subscription|_user|_global_replication_group|_function_(?:event|url)|_alias|_permission|_subnet_group|_attributes?)$/;

export type Bearing = "read" | "reported" | "none";

/**
 * Whether a resource type is read, bears on packets without being read, or has nothing to do with them.
 *
 * @example bearingOf("aws_networkfirewall_firewall"); // "reported"
 */
export function bearingOf(type: string): Bearing {
  if (thingOf(type) !== undefined || parts.has(type)) return "read";
  if (noBearing.has(type) || describing.test(type)) return "none";
  return bearing.some((family) => family.test(type)) ? "reported" : "none";
}
