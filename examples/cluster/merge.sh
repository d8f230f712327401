#!/bin/bash
# SPDX-License-Identifier: MIT
# What all shards came to, in one file, and told: merge.sh RESULTS
set -u
if [ $# -ne 1 ]; then
	echo "usage: $0 RESULTS" >&2
	exit 2
fi
fracas merge "$1/campaign.db" "$1"/shard-*.db || exit
fracas campaign report "$1/campaign.db"
fracas campaign report "$1/campaign.db" --format junit >"$1/campaign.xml"
