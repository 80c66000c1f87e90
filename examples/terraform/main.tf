# A shop: two web servers for everybody, a database for the web servers.
# The branch that plan.json was made from adds the bastion at the end.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

variable "image" {
  type    = string
  default = "ami-0a66ddf83eb39e8c5"
}

module "network" {
  source = "./modules/network"

  prefix = "10.20.0.0/16"
  tiers = {
    web = { prefix = "10.20.1.0/24", public = true }
    db  = { prefix = "10.20.2.0/24", public = false }
  }
}

resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "web_to_db" {
  security_group_id            = aws_security_group.web.id
  referenced_security_group_id = aws_security_group.db.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_security_group" "db" {
  name   = "db"
  vpc_id = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "db_from_web" {
  security_group_id            = aws_security_group.db.id
  referenced_security_group_id = aws_security_group.web.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_instance" "web" {
  count = 2

  ami                         = var.image
  instance_type               = "t4g.small"
  subnet_id                   = module.network.subnet_ids["web"]
  vpc_security_group_ids      = [aws_security_group.web.id]
  associate_public_ip_address = true

  tags = {
    Name = "web-${count.index + 1}"
  }
}

resource "aws_instance" "db" {
  ami                    = var.image
  instance_type          = "m7g.large"
  subnet_id              = module.network.subnet_ids["db"]
  vpc_security_group_ids = [aws_security_group.db.id]

  tags = {
    Name = "db"
  }
}

# New on this branch.

resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "bastion_ssh" {
  security_group_id = aws_security_group.bastion.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_egress_rule" "bastion_out" {
  security_group_id = aws_security_group.bastion.id
  cidr_ipv4         = "10.20.0.0/16"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "db_from_bastion" {
  security_group_id            = aws_security_group.db.id
  referenced_security_group_id = aws_security_group.bastion.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_instance" "bastion" {
  ami                         = var.image
  instance_type               = "t4g.nano"
  subnet_id                   = module.network.subnet_ids["web"]
  vpc_security_group_ids      = [aws_security_group.bastion.id]
  associate_public_ip_address = true

  tags = {
    Name = "bastion"
  }
}
