"""Made from the contract by `client/make_client.py`; not to be changed by hand."""

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict, cast

from circles_client.transport import Transport


AcceptedOut = TypedDict(
    "AcceptedOut",
    {
        "from": "bool",
        "to": "bool",
    },
)

AlarmOut = TypedDict(
    "AlarmOut",
    {
        "level": "Literal['watch', 'high']",
        "reasons": "list[Literal['newcomers', 'owner', 'reports']]",
    },
)

AnonymousAnswer = TypedDict(
    "AnonymousAnswer",
    {
        "version": "str",
        "as_of": "str",
        "personalised": "bool",
        "degraded": "bool",
        "reason": "NotRequired[str | None]",
        "note": "NotRequired[str | None]",
        "used": "int",
        "items": "list[CircleItem]",
        "why_empty": "NotRequired[str | None]",
    },
)

Asked = TypedDict(
    "Asked",
    {
        "text": "str",
        "text_zh": "str",
        "days": "int",
        "by_app": "ByApp",
        "by_owners": "ByOwners",
        "by_operator": "ByOperator",
    },
)

AudienceOut = TypedDict(
    "AudienceOut",
    {
        "audience_id": "str",
        "circle_id": "str",
        "state": "str",
        "preview": "bool",
        "asked": "dict[str, Any]",
        "created_at": "str",
        "valid_until": "str",
        "examples": "dict[str, list[str]]",
        "problem": "NotRequired[str | None]",
        "sending": "NotRequired[dict[str, Any] | None]",
        "size": "NotRequired[str | None]",
        "pilot": "NotRequired[bool | None]",
        "fits": "NotRequired[str | None]",
        "proved_by": "NotRequired[Literal['purchases', 'joins'] | None]",
        "certificate": "NotRequired[dict[str, Any] | None]",
        "strongest": "NotRequired[dict[str, Any] | None]",
        "lack": "NotRequired[Literal['few_outcomes', 'low_fit', 'falling', 'no_theme'] | None]",
        "why": "NotRequired[str | None]",
        "what_helps": "NotRequired[str | None]",
        "note": "NotRequired[str | None]",
        "note_code": "NotRequired[Literal['nearly_everybody', 'too_small'] | None]",
        "funnel": "NotRequired[dict[str, Any] | None]",
        "job_id": "NotRequired[str | None]",
    },
)

AudienceWish = TypedDict(
    "AudienceWish",
    {
        "target_fit": "float",
        "confidence": "NotRequired[float]",
        "max_size": "NotRequired[int | None]",
        "holdout": "NotRequired[float | None]",
        "valid_days": "NotRequired[int | None]",
        "pilot": "NotRequired[bool]",
    },
)

BandOut = TypedDict(
    "BandOut",
    {
        "id": "str",
        "name": "NameOut",
        "people": "Told",
        "share": "Told",
        "peer": "float | None",
        "index": "float | None",
        "band": "int",
    },
)

BatchAnswer = TypedDict(
    "BatchAnswer",
    {
        "accepted": "int",
        "duplicates": "int",
        "rejected": "list[Rejected]",
    },
)

ByApp = TypedDict(
    "ByApp",
    {
        "circles": "int",
        "links": "int",
        "relays": "int",
        "invitations": "int",
    },
)

ByOperator = TypedDict(
    "ByOperator",
    {
        "receipts_seen": "int",
        "portraits_seen": "int",
    },
)

ByOwners = TypedDict(
    "ByOwners",
    {
        "invitations": "int",
        "owners": "list[str]",
        "portraits_seen": "int",
        "merchants": "int",
    },
)

CardCircles = TypedDict(
    "CardCircles",
    {
        "personalised": "bool",
        "reason": "str | None",
        "rests_on": "list[RestsOn]",
    },
)

CardData = TypedDict(
    "CardData",
    {
        "payments": "int",
        "refunds": "int",
        "walled": "NotUsed",
        "muted": "NotUsed",
        "scenes": "list[ScenePayments]",
        "since": "str | None",
        "until": "str | None",
    },
)

CardOut = TypedDict(
    "CardOut",
    {
        "user_id": "str",
        "data": "CardData",
        "inferred": "Inferred",
        "uses": "list[Use]",
        "asked": "Asked",
        "muted": "MutedOut",
    },
)

ChosenByOut = TypedDict(
    "ChosenByOut",
    {
        "name": "NameOut",
        "value": "NameOut",
    },
)

CircleBody = TypedDict(
    "CircleBody",
    {
        "name": "str",
        "description": "NotRequired[str | None]",
        "scene": "NotRequired[str | None]",
        "theme": "ThemeBody",
        "eligibility": "NotRequired[dict[str, Any] | None]",
        "circle_id": "NotRequired[str | None]",
        "owner_id": "NotRequired[str | None]",
    },
)

CircleDetailOut = TypedDict(
    "CircleDetailOut",
    {
        "circle_id": "str",
        "name": "str | None",
        "description": "str | None",
        "theme": "list[ThemeOut]",
        "scene": "str | None",
        "state": "str",
        "owner_id": "str | None",
        "members": "Counted",
        "owner": "NotRequired[OwnerOut | None]",
    },
)

CircleEditBody = TypedDict(
    "CircleEditBody",
    {
        "name": "NotRequired[str | None]",
        "description": "NotRequired[str | None]",
        "scene": "NotRequired[str | None]",
        "theme": "NotRequired[ThemeBody | None]",
        "eligibility": "NotRequired[dict[str, Any] | None]",
    },
)

CircleHealthOut = TypedDict(
    "CircleHealthOut",
    {
        "circle_id": "str",
        "state": "str",
        "alarm": "NotRequired[AlarmOut | None]",
        "months": "list[HealthMonth]",
        "retention": "list[RetentionRow]",
    },
)

CircleItem = TypedDict(
    "CircleItem",
    {
        "circle_id": "str",
        "name": "str | None",
        "scene": "str | None",
        "score": "float",
        "state": "str",
        "exploration": "NotRequired[bool]",
        "reasons": "NotRequired[list[ReasonOut] | None]",
    },
)

CircleLine = TypedDict(
    "CircleLine",
    {
        "circle_id": "str",
        "name": "str | None",
        "scene": "str | None",
        "state": "str",
        "owner_id": "str | None",
        "members": "Counted",
        "why_not_recommended": "str | None",
        "alarm": "NotRequired[AlarmOut | None]",
    },
)

CircleLinkBody = TypedDict(
    "CircleLinkBody",
    {
        "from": "str",
        "to": "str",
        "topics": "list[str]",
        "rate": "int",
    },
)

CircleLinkOut = TypedDict(
    "CircleLinkOut",
    {
        "link_id": "str",
        "from": "str",
        "to": "str",
        "topics": "list[str]",
        "rate": "int",
        "state": "Literal['proposed', 'open', 'closed']",
        "carries": "bool",
        "accepted": "AcceptedOut",
        "proposed_at": "str",
        "opened_at": "NotRequired[str | None]",
        "closed_at": "NotRequired[str | None]",
    },
)

CircleLinksOut = TypedDict(
    "CircleLinksOut",
    {
        "items": "list[CircleLinkOut]",
        "next_cursor": "NotRequired[str | None]",
    },
)

CirclesAnswer = TypedDict(
    "CirclesAnswer",
    {
        "rec_id": "str",
        "user_id": "str",
        "version": "str",
        "as_of": "str",
        "personalised": "bool",
        "degraded": "bool",
        "reason": "NotRequired[Literal['consent_missing', 'non_profiling', 'store_unavailable', 'nothing_known'] | None]",
        "note": "NotRequired[str | None]",
        "items": "list[CircleItem]",
        "next_cursor": "NotRequired[str | None]",
        "why_empty": "NotRequired[str | None]",
    },
)

CommunityOut = TypedDict(
    "CommunityOut",
    {
        "id": "int",
        "name": "NameOut",
        "nodes": "int",
    },
)

ConsentOut = TypedDict(
    "ConsentOut",
    {
        "user_id": "str",
        "purpose": "str",
        "granted": "bool",
    },
)

ConsentsOut = TypedDict(
    "ConsentsOut",
    {
        "user_id": "str",
        "items": "list[PurposeOut]",
    },
)

Counted = TypedDict(
    "Counted",
    {
        "v": "NotRequired[int | None]",
        "hidden": "NotRequired[Literal['minimum'] | None]",
    },
)

DecisionOut = TypedDict(
    "DecisionOut",
    {
        "granted": "bool",
        "at": "str | None",
        "door": "Literal['service', 'member', 'command line', 'file', 'assumed'] | None",
    },
)

EdgeOut = TypedDict(
    "EdgeOut",
    {
        "source": "str",
        "target": "str",
        "kind": "Literal['buys', 'overlaps', 'covisits', 'about', 'part']",
        "strength": "int",
        "why": "NameOut",
    },
)

EntryOut = TypedDict(
    "EntryOut",
    {
        "id": "str",
        "name": "NameOut",
        "people": "Told",
        "share": "Told",
        "peer": "float | None",
        "index": "float | None",
    },
)

ErasureKey = TypedDict(
    "ErasureKey",
    {
        "key_id": "str",
        "since": "str",
        "public_key": "str",
        "distrusted_at": "NotRequired[str | None]",
    },
)

ErasureKeysOut = TypedDict(
    "ErasureKeysOut",
    {
        "items": "list[ErasureKey]",
    },
)

EventRecord = TypedDict(
    "EventRecord",
    {
        "event_id": "str",
        "kind": "Literal['join', 'leave', 'dismiss', 'exposure', 'click', 'report']",
        "user_id": "str",
        "circle_id": "str",
        "rec_id": "NotRequired[str | None]",
        "position": "NotRequired[int | None]",
        "at": "NotRequired[str | None]",
    },
)

ExcludedOut = TypedDict(
    "ExcludedOut",
    {
        "category": "ThingsOut",
        "merchant": "ThingsOut",
        "product": "ThingsOut",
        "reason": "Literal['sensitive', 'finance', 'struck out']",
    },
)

FanGraphOut = TypedDict(
    "FanGraphOut",
    {
        "meta": "MetaOut",
        "merchant_id": "str",
        "name": "NameOut",
        "why_empty": "NotRequired[str | None]",
        "center": "str",
        "nodes": "list[NodeOut]",
        "edges": "list[EdgeOut]",
        "legend": "list[LegendOut]",
        "communities": "list[CommunityOut]",
    },
)

FlowOut = TypedDict(
    "FlowOut",
    {
        "circle_id": "str",
        "people": "Told",
    },
)

FlowsOut = TypedDict(
    "FlowsOut",
    {
        "circle_id": "str",
        "direction": "Literal['in', 'out', 'net']",
        "window": "str",
        "items": "list[FlowOut]",
        "why_empty": "NotRequired[str | None]",
    },
)

FoundOut = TypedDict(
    "FoundOut",
    {
        "category": "int",
        "merchant": "int",
        "product": "int",
    },
)

Granted = TypedDict(
    "Granted",
    {
        "granted": "bool",
    },
)

Habit = TypedDict(
    "Habit",
    {
        "text": "str",
        "text_zh": "str",
        "label": "str",
        "band": "Literal['often', 'sometimes', 'seldom']",
        "mute": "Mute",
    },
)

Health = TypedDict(
    "Health",
    {
        "status": "Literal['ok']",
    },
)

HealthMonth = TypedDict(
    "HealthMonth",
    {
        "month": "str",
        "joins": "Told",
        "leaves": "Told",
        "newcomer_share": "Told",
    },
)

HoursOut = TypedDict(
    "HoursOut",
    {
        "days": "list[NameOut]",
        "parts": "list[str]",
        "cells": "list[list[Told]]",
    },
)

IncludedOut = TypedDict(
    "IncludedOut",
    {
        "category": "ThingsOut",
        "merchant": "ThingsOut",
        "product": "ThingsOut",
    },
)

Inferred = TypedDict(
    "Inferred",
    {
        "scenes": "list[Habit]",
        "categories": "list[Habit]",
        "merchants": "list[Habit]",
        "circles": "CardCircles",
    },
)

InvitationItem = TypedDict(
    "InvitationItem",
    {
        "invitation_id": "str",
        "circle_id": "str",
        "name": "str | None",
        "message_ref": "str | None",
        "sent_at": "str",
        "expires_at": "str",
        "state": "Literal['open']",
    },
)

InvitationsOut = TypedDict(
    "InvitationsOut",
    {
        "rec_id": "str",
        "user_id": "str",
        "items": "list[InvitationItem]",
        "why_empty": "NotRequired[str | None]",
    },
)

JobOut = TypedDict(
    "JobOut",
    {
        "job_id": "str",
        "kind": "Literal['train', 'promote', 'forget', 'audience', 'catalogue', 'lists']",
        "state": "Literal['queued', 'running', 'done', 'failed', 'cancelled']",
        "created_at": "str",
        "started_at": "NotRequired[str | None]",
        "ended_at": "NotRequired[str | None]",
        "result": "NotRequired[dict[str, Any] | None]",
        "problem": "NotRequired[str | None]",
    },
)

LegendOut = TypedDict(
    "LegendOut",
    {
        "kind": "Literal['group', 'circle', 'shop']",
        "closeness": "Literal['near', 'mid', 'far'] | None",
        "nodes": "int",
    },
)

LinkAnswer = TypedDict(
    "LinkAnswer",
    {
        "link_id": "str",
        "state": "Literal['accepted', 'connected', 'declined', 'blocked', 'reported']",
        "other": "NotRequired[str | None]",
    },
)

LinkItem = TypedDict(
    "LinkItem",
    {
        "link_id": "str",
        "state": "Literal['suggested', 'accepted', 'connected']",
        "other": "NotRequired[str | None]",
        "band": "NotRequired[Literal['some', 'good', 'strong'] | None]",
        "reason": "NotRequired[LinkReasonOut | None]",
        "weight": "NotRequired[float | None]",
        "uncertainty": "NotRequired[float | None]",
        "calibrated": "NotRequired[bool | None]",
    },
)

LinkReasonOut = TypedDict(
    "LinkReasonOut",
    {
        "text": "str",
        "text_zh": "str",
    },
)

LinkResponse = TypedDict(
    "LinkResponse",
    {
        "response": "Literal['accept', 'decline', 'block', 'report']",
        "user_id": "NotRequired[str | None]",
    },
)

LinksAnswer = TypedDict(
    "LinksAnswer",
    {
        "rec_id": "str",
        "user_id": "str",
        "week": "str",
        "until": "str",
        "items": "list[LinkItem]",
        "next_cursor": "NotRequired[str | None]",
        "why_empty": "NotRequired[str | None]",
    },
)

MeasureOut = TypedDict(
    "MeasureOut",
    {
        "id": "Literal['people', 'regulars', 'new', 'kept', 'change']",
        "name": "NameOut",
        "own": "Told",
        "p25": "float | None",
        "p50": "float | None",
        "p75": "float | None",
    },
)

MerchantBody = TypedDict(
    "MerchantBody",
    {
        "name": "NotRequired[str | None]",
        "kind": "NotRequired[Literal['store', 'brand', 'institution'] | None]",
        "category": "NotRequired[str | None]",
        "scene": "NotRequired[Literal['shopping', 'entertainment', 'finance', 'dining', 'concerts', 'fitness', 'credit', 'other'] | None]",
        "city": "NotRequired[str | None]",
        "sensitive": "NotRequired[bool | None]",
    },
)

MerchantThingOut = TypedDict(
    "MerchantThingOut",
    {
        "name": "str | None",
        "category": "str | None",
        "sensitive": "bool",
        "payments": "PlacedOut",
        "job_id": "NotRequired[str | None]",
        "merchant_id": "str",
        "kind": "str | None",
        "scene": "str | None",
        "city": "str | None",
    },
)

MetaOut = TypedDict(
    "MetaOut",
    {
        "k": "int",
        "window": "WindowOut | None",
        "as_of": "str | None",
        "made_at": "str | None",
        "renewed_after": "str | None",
        "model": "str | None",
        "epsilon": "float",
        "rounding": "Literal['2sf']",
        "truncated": "bool",
        "hidden_groups": "Literal['some', 'none']",
    },
)

ModelCardOut = TypedDict(
    "ModelCardOut",
    {
        "version": "str",
        "current": "bool",
        "state": "str",
        "as_of": "str",
        "published_at": "NotRequired[str | None]",
        "policy_id": "str",
        "metrics": "dict[str, Any]",
        "card": "NotRequired[dict[str, Any] | None]",
        "counts": "dict[str, int]",
        "weights": "dict[str, list[float]]",
        "gate": "NotRequired[dict[str, Any] | None]",
    },
)

ModelDiffOut = TypedDict(
    "ModelDiffOut",
    {
        "before": "str",
        "after": "str",
        "about": "dict[str, Any]",
        "counts": "dict[str, Any]",
        "metrics": "dict[str, Any]",
        "weights": "dict[str, Any]",
        "circles": "dict[str, int]",
        "lists": "dict[str, Any]",
    },
)

ModelOut = TypedDict(
    "ModelOut",
    {
        "version": "str",
        "current": "bool",
        "state": "str",
        "as_of": "str",
        "published_at": "NotRequired[str | None]",
        "policy_id": "str",
        "metrics": "dict[str, Any]",
    },
)

ModelsOut = TypedDict(
    "ModelsOut",
    {
        "items": "list[ModelOut]",
        "next_cursor": "NotRequired[str | None]",
    },
)

Mute = TypedDict(
    "Mute",
    {
        "kind": "Literal['merchants', 'categories', 'scenes']",
        "id": "str",
    },
)

MutedOut = TypedDict(
    "MutedOut",
    {
        "circles": "list[str]",
        "owners": "list[str]",
        "merchants": "list[str]",
        "categories": "list[str]",
        "scenes": "list[str]",
        "payments": "list[str]",
    },
)

MutesOut = TypedDict(
    "MutesOut",
    {
        "circles": "list[str]",
        "owners": "list[str]",
        "merchants": "list[str]",
        "categories": "list[str]",
        "scenes": "list[str]",
        "payments": "list[str]",
        "user_id": "str",
    },
)

NameOut = TypedDict(
    "NameOut",
    {
        "en": "str",
        "zh": "str",
    },
)

NamedThing = TypedDict(
    "NamedThing",
    {
        "id": "str",
        "name": "str",
    },
)

NodeOut = TypedDict(
    "NodeOut",
    {
        "id": "str",
        "kind": "Literal['merchant', 'group', 'circle', 'shop']",
        "name": "NameOut",
        "closeness": "Literal['near', 'mid', 'far'] | None",
        "scene": "str | None",
        "people": "Told",
        "size": "int",
        "x": "float",
        "y": "float",
        "ring": "int",
        "community": "int",
        "expandable": "bool",
        "expanded": "bool",
        "parent": "str | None",
        "href": "str | None",
    },
)

NotUsed = TypedDict(
    "NotUsed",
    {
        "text": "str",
        "text_zh": "str",
        "payments": "int",
    },
)

NoteOut = TypedDict(
    "NoteOut",
    {
        "code": "str",
        "en": "str",
        "zh": "str",
    },
)

OfOut = TypedDict(
    "OfOut",
    {
        "closeness": "str | None",
        "scene": "str | None",
    },
)

OverlapOut = TypedDict(
    "OverlapOut",
    {
        "id": "str",
        "name": "NameOut",
        "people": "Told",
        "overlap": "Told",
        "peer": "float | None",
        "index": "float | None",
        "href": "str | None",
    },
)

OwnCircleOut = TypedDict(
    "OwnCircleOut",
    {
        "circle_id": "str",
        "name": "str | None",
        "description": "str | None",
        "theme": "list[ThemeOut]",
        "scene": "str | None",
        "state": "str",
        "owner_id": "str | None",
        "members": "Counted",
        "owner": "OwnerOut",
    },
)

OwnCirclesOut = TypedDict(
    "OwnCirclesOut",
    {
        "items": "list[CircleLine]",
        "next_cursor": "NotRequired[str | None]",
    },
)

OwnerOut = TypedDict(
    "OwnerOut",
    {
        "revision": "int",
        "created_at": "str | None",
        "recommended_from": "str | None",
        "why_not_recommended": "str | None",
        "reason": "str | None",
        "words": "list[str]",
        "targets": "int",
        "eligibility": "dict[str, Any] | None",
    },
)

PaymentRecord = TypedDict(
    "PaymentRecord",
    {
        "payment_id": "str",
        "user_id": "str",
        "merchant_id": "str",
        "product_id": "NotRequired[str | None]",
        "quantity": "NotRequired[float | str | None]",
        "amount": "NotRequired[float | str | None]",
        "currency": "NotRequired[str | None]",
        "scene": "NotRequired[str | None]",
        "paid_at": "str",
    },
)

PeersOut = TypedDict(
    "PeersOut",
    {
        "meta": "MetaOut",
        "merchant_id": "str",
        "name": "NameOut",
        "why_empty": "NotRequired[str | None]",
        "peers_min": "int",
        "number": "int",
        "chosen_by": "list[ChosenByOut]",
        "measures": "list[MeasureOut]",
    },
)

PlacedOut = TypedDict(
    "PlacedOut",
    {
        "scene": "Literal['shopping', 'entertainment', 'finance', 'dining', 'concerts', 'fitness', 'credit', 'other']",
        "walled": "bool",
    },
)

PortraitOut = TypedDict(
    "PortraitOut",
    {
        "meta": "MetaOut",
        "merchant_id": "str",
        "name": "NameOut",
        "why_empty": "NotRequired[str | None]",
        "of": "OfOut",
        "people": "Told",
        "change": "Told",
        "standing": "list[StandingOut]",
        "kept": "Told",
        "scenes": "list[EntryOut]",
        "interests": "list[EntryOut]",
        "hours": "HoursOut",
        "spend": "list[BandOut]",
        "products": "list[EntryOut]",
        "covisits": "list[EntryOut]",
        "rising": "list[RisingOut]",
        "circles": "list[OverlapOut]",
        "notes": "list[NoteOut]",
    },
)

Problem = TypedDict(
    "Problem",
    {
        "type": "str",
        "title": "str",
        "status": "int",
        "code": "str",
        "detail": "str",
        "instance": "str",
        "errors": "NotRequired[list[dict[str, str]] | None]",
    },
)

ProductBody = TypedDict(
    "ProductBody",
    {
        "name": "NotRequired[str | None]",
        "category": "NotRequired[str | None]",
        "merchant_id": "NotRequired[str | None]",
        "sensitive": "NotRequired[bool | None]",
    },
)

ProductThingOut = TypedDict(
    "ProductThingOut",
    {
        "name": "str | None",
        "category": "str | None",
        "sensitive": "bool",
        "payments": "PlacedOut",
        "job_id": "NotRequired[str | None]",
        "product_id": "str",
        "merchant_id": "str | None",
    },
)

Purpose = Literal["circles", "links", "portraits"]

PurposeOut = TypedDict(
    "PurposeOut",
    {
        "purpose": "Purpose",
        "granted": "bool",
        "history": "list[DecisionOut]",
    },
)

QuarantineBody = TypedDict(
    "QuarantineBody",
    {
        "reason": "str",
    },
)

Ready = TypedDict(
    "Ready",
    {
        "status": "Literal['ready', 'not_ready', 'stopping']",
        "missing": "list[str]",
        "notes": "list[str]",
        "version": "NotRequired[str | None]",
    },
)

ReasonOut = TypedDict(
    "ReasonOut",
    {
        "kind": "Literal['category', 'merchant', 'product', 'circle', 'popular', 'open']",
        "text": "str",
        "text_zh": "str",
        "labels": "list[str]",
        "share": "float",
    },
)

ReceivedOut = TypedDict(
    "ReceivedOut",
    {
        "relay_id": "str",
        "message_ref": "str",
        "topic": "str",
        "from": "str",
        "circle_id": "str",
        "at": "str",
    },
)

RecentPayment = TypedDict(
    "RecentPayment",
    {
        "merchant_id": "str",
        "product_id": "NotRequired[str | None]",
        "quantity": "NotRequired[int | None]",
        "scene": "NotRequired[Literal['shopping', 'entertainment', 'finance', 'dining', 'concerts', 'fitness', 'credit', 'other'] | None]",
        "paid_at": "NotRequired[str | None]",
    },
)

RecommendBody = TypedDict(
    "RecommendBody",
    {
        "payments": "NotRequired[list[RecentPayment] | None]",
        "users": "NotRequired[list[str] | None]",
        "limit": "NotRequired[int | None]",
        "exclude": "NotRequired[list[str]]",
        "scene": "NotRequired[Literal['shopping', 'entertainment', 'finance', 'dining', 'concerts', 'fitness', 'credit', 'other'] | None]",
        "explain": "NotRequired[bool]",
    },
)

RecommendationOut = TypedDict(
    "RecommendationOut",
    {
        "rec_id": "str",
        "user": "str",
        "version": "str",
        "snapshot_id": "str | None",
        "policy_id": "str",
        "at": "str",
        "content": "dict[str, Any]",
        "withheld": "NotRequired[dict[str, int]]",
        "events": "NotRequired[list[dict[str, Any]] | None]",
    },
)

Rejected = TypedDict(
    "Rejected",
    {
        "index": "int",
        "problem": "str",
    },
)

RelatedItem = TypedDict(
    "RelatedItem",
    {
        "circle_id": "str",
        "name": "str | None",
        "scene": "str | None",
        "score": "float",
        "members": "Told",
        "theme": "float",
        "behaviour": "NotRequired[float | None]",
    },
)

RelatedOut = TypedDict(
    "RelatedOut",
    {
        "circle_id": "str",
        "version": "str",
        "items": "list[RelatedItem]",
    },
)

RelayBody = TypedDict(
    "RelayBody",
    {
        "link_id": "str",
        "topic": "str",
        "message_ref": "str",
    },
)

RelayOut = TypedDict(
    "RelayOut",
    {
        "relay_id": "str",
        "link_id": "str",
        "topic": "str",
    },
)

RelaysOut = TypedDict(
    "RelaysOut",
    {
        "rec_id": "str",
        "user_id": "str",
        "items": "list[ReceivedOut]",
        "next_cursor": "NotRequired[str | None]",
        "why_empty": "NotRequired[str | None]",
    },
)

ReplayOut = TypedDict(
    "ReplayOut",
    {
        "rec_id": "str",
        "state": "Literal['replayed', 'version_gone', 'erased']",
        "version": "NotRequired[str | None]",
        "at": "NotRequired[str | None]",
        "kind": "NotRequired[Literal['circles', 'links', 'invitations', 'relays'] | None]",
        "same": "NotRequired[bool | None]",
        "remade": "NotRequired[bool | None]",
        "items": "NotRequired[list[ReplayedItem] | None]",
        "shown": "NotRequired[int | None]",
        "withheld": "NotRequired[dict[str, int] | None]",
    },
)

ReplayedItem = TypedDict(
    "ReplayedItem",
    {
        "position": "int",
        "circle_id": "str",
        "score": "float",
    },
)

ReplyBody = TypedDict(
    "ReplyBody",
    {
        "response": "Literal['accept', 'decline']",
        "user_id": "NotRequired[str | None]",
    },
)

ReplyOut = TypedDict(
    "ReplyOut",
    {
        "invitation_id": "str",
        "circle_id": "str",
        "state": "Literal['accepted', 'declined']",
    },
)

ReportOut = TypedDict(
    "ReportOut",
    {
        "report_id": "str",
        "circle_id": "str",
        "people": "int",
        "state": "Literal['waiting', 'upheld', 'rejected']",
        "reported_on": "str",
        "judged_on": "str | None",
    },
)

ReportsOut = TypedDict(
    "ReportsOut",
    {
        "items": "list[ReportOut]",
        "total": "int",
        "next_cursor": "NotRequired[str | None]",
    },
)

RestsOn = TypedDict(
    "RestsOn",
    {
        "kind": "Literal['category', 'merchant', 'product', 'place', 'circle', 'popular', 'open']",
        "label": "str",
    },
)

ResultsOut = TypedDict(
    "ResultsOut",
    {
        "audience_id": "str",
        "week": "str",
        "basis": "str",
        "invited": "dict[str, Any]",
        "joined": "dict[str, Any]",
        "declined": "dict[str, Any]",
        "holdout": "dict[str, Any]",
        "holdout_joined": "dict[str, Any]",
        "lift": "dict[str, Any]",
        "pilot": "NotRequired[bool | None]",
        "as_of": "NotRequired[str | None]",
    },
)

RetentionRow = TypedDict(
    "RetentionRow",
    {
        "joined": "str",
        "stayed": "list[Told]",
    },
)

RisingOut = TypedDict(
    "RisingOut",
    {
        "id": "str",
        "name": "NameOut",
        "now": "Told",
        "change": "float",
        "low": "float",
        "high": "float",
        "around": "float",
        "is_rising": "bool",
    },
)

Said = TypedDict(
    "Said",
    {
        "text": "str",
        "text_zh": "str",
    },
)

ScenePayments = TypedDict(
    "ScenePayments",
    {
        "text": "str",
        "text_zh": "str",
        "scene": "Literal['shopping', 'entertainment', 'finance', 'dining', 'concerts', 'fitness', 'credit', 'other']",
        "payments": "int",
    },
)

SearchItem = TypedDict(
    "SearchItem",
    {
        "id": "str",
        "kind": "Literal['group', 'circle', 'merchant', 'category', 'scene']",
        "name": "NameOut",
        "href": "str | None",
    },
)

SearchOut = TypedDict(
    "SearchOut",
    {
        "items": "list[SearchItem]",
    },
)

SendBody = TypedDict(
    "SendBody",
    {
        "message_ref": "str",
        "send_at": "NotRequired[str | None]",
    },
)

SentOut = TypedDict(
    "SentOut",
    {
        "audience_id": "str",
        "state": "str",
        "invited": "dict[str, Any]",
        "not_before": "NotRequired[str | None]",
    },
)

ServedOut = TypedDict(
    "ServedOut",
    {
        "served": "str",
    },
)

StandingOut = TypedDict(
    "StandingOut",
    {
        "id": "Literal['near', 'mid', 'far', 'lost']",
        "name": "NameOut",
        "people": "Told",
        "share": "Told",
        "peer": "float | None",
    },
)

ThemeBody = TypedDict(
    "ThemeBody",
    {
        "words": "NotRequired[list[str]]",
        "categories": "NotRequired[list[str]]",
        "merchants": "NotRequired[list[str]]",
        "products": "NotRequired[list[str]]",
        "scenes": "NotRequired[list[str]]",
        "exclude": "NotRequired[list[str]]",
    },
)

ThemeOut = TypedDict(
    "ThemeOut",
    {
        "kind": "str",
        "label": "str",
        "weight": "float",
    },
)

ThemePreviewOut = TypedDict(
    "ThemePreviewOut",
    {
        "words": "list[WordOut]",
        "scenes": "list[str]",
        "included": "IncludedOut",
        "excluded": "list[ExcludedOut]",
        "unknown": "list[UnknownOut]",
        "types": "list[TypeOut]",
        "left_off": "int",
        "people": "str | None",
        "covers_most": "bool | None",
        "people_note": "NotRequired[str | None]",
        "note": "str | None",
    },
)

ThingsOut = TypedDict(
    "ThingsOut",
    {
        "count": "int",
        "items": "list[NamedThing]",
    },
)

Told = TypedDict(
    "Told",
    {
        "v": "NotRequired[float | None]",
        "hidden": "NotRequired[Literal['minimum', 'complement', 'consent', 'budget'] | None]",
    },
)

TrainingBody = TypedDict(
    "TrainingBody",
    {
        "seed": "NotRequired[int]",
        "device": "NotRequired[Literal['auto', 'cpu', 'cuda']]",
        "budget": "NotRequired[float | None]",
        "gnn": "NotRequired[bool]",
        "feedback": "NotRequired[Literal['all', 'organic', 'weighted']]",
    },
)

TypeOut = TypedDict(
    "TypeOut",
    {
        "type": "str",
        "things": "int",
    },
)

UnknownOut = TypedDict(
    "UnknownOut",
    {
        "kind": "str",
        "id": "str",
    },
)

Use = TypedDict(
    "Use",
    {
        "text": "str",
        "text_zh": "str",
        "purpose": "Purpose",
        "granted": "bool",
        "means": "Said",
    },
)

UserBody = TypedDict(
    "UserBody",
    {
        "verified": "NotRequired[bool | None]",
        "adult": "NotRequired[bool | None]",
        "city": "NotRequired[str | None]",
    },
)

UserOut = TypedDict(
    "UserOut",
    {
        "user_id": "str",
        "verified": "bool",
        "adult": "bool",
        "city": "str | None",
        "consents": "dict[str, bool]",
    },
)

ValidationErrorModel = TypedDict(
    "ValidationErrorModel",
    {
        "type": "str",
        "loc": "list[Any]",
        "msg": "str",
        "input": "Any",
        "url": "NotRequired[str | None]",
        "ctx": "NotRequired[dict[str, Any] | None]",
    },
)

WindowOut = TypedDict(
    "WindowOut",
    {
        "from": "str",
        "to": "str",
        "week": "str",
    },
)

WordOut = TypedDict(
    "WordOut",
    {
        "word": "str",
        "state": "Literal['found', 'nothing', 'excluded']",
        "scene": "str | None",
        "found": "FoundOut",
    },
)


class Client(Transport):
    """Every operation of the service, by its `operationId`."""

    def erasure_keys_keys(
        self,
    ) -> ErasureKeysOut:
        """The public keys of receipts of erasures, the one in use last; empty before the first erasure.

        GET /erasure-keys; keys: nobody's.
        """
        return cast(
            "ErasureKeysOut",
            self.ask(
                "GET",
                "/erasure-keys",
                {},
            ),
        )

    def health_healthz(
        self,
    ) -> Health:
        """The process is up.

        GET /healthz; keys: nobody's.
        """
        return cast(
            "Health",
            self.ask(
                "GET",
                "/healthz",
                {},
            ),
        )

    def operation_metrics(
        self,
    ) -> Any:
        """Counts of all workers, for Prometheus: requests by route, answers by source, problems, jobs.

        GET /metrics; keys: operator.
        """
        return cast(
            "Any",
            self.ask(
                "GET",
                "/metrics",
                {},
            ),
        )

    def health_readyz(
        self,
    ) -> Ready:
        """Whether store, version, policy and disk are there; 503 and what is missing otherwise, or stopping.

        GET /readyz; keys: nobody's.
        """
        return cast(
            "Ready",
            self.ask(
                "GET",
                "/readyz",
                {},
            ),
        )

    def audiences_close(
        self,
        audience_id: str,
        *,
        request_id: str | None = None,
    ) -> AudienceOut:
        """End an audience for good: nothing more is sent. Its hold-out is kept back until its time is over.

        DELETE /v1/audiences/{audience_id}; keys: merchant, operator.
        """
        return cast(
            "AudienceOut",
            self.ask(
                "DELETE",
                "/v1/audiences/{audience_id}",
                {"audience_id": audience_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def audiences_get(
        self,
        audience_id: str,
        *,
        request_id: str | None = None,
    ) -> AudienceOut:
        """One audience: its promise or why there is none, its size as a band, and what keeps others out.

        GET /v1/audiences/{audience_id}; keys: merchant, operator.
        """
        return cast(
            "AudienceOut",
            self.ask(
                "GET",
                "/v1/audiences/{audience_id}",
                {"audience_id": audience_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def audiences_send(
        self,
        audience_id: str,
        body: SendBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> SentOut:
        """Invite the people of an audience, by reference to a message of the app.

        POST /v1/audiences/{audience_id}/invitations; keys: merchant, operator.
        """
        return cast(
            "SentOut",
            self.ask(
                "POST",
                "/v1/audiences/{audience_id}/invitations",
                {"audience_id": audience_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def audiences_results(
        self,
        audience_id: str,
        *,
        request_id: str | None = None,
    ) -> ResultsOut:
        """Who joined, beside people kept back by lot; counts with noise, the same for a week.

        GET /v1/audiences/{audience_id}/results; keys: merchant, operator.
        """
        return cast(
            "ResultsOut",
            self.ask(
                "GET",
                "/v1/audiences/{audience_id}/results",
                {"audience_id": audience_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def between_circles_listed(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        circle_id: str | None = None,
        request_id: str | None = None,
    ) -> CircleLinksOut:
        """Links of the caller's circles, proposed, open and closed; the operator sees all.

        GET /v1/circle-links; keys: merchant, operator.
        """
        return cast(
            "CircleLinksOut",
            self.ask(
                "GET",
                "/v1/circle-links",
                {},
                query={"limit": limit, "cursor": cursor, "circle_id": circle_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def between_circles_propose(
        self,
        body: CircleLinkBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> CircleLinkOut:
        """Propose that messages of from reach the members of to; one of the two is the caller's.

        POST /v1/circle-links; keys: merchant.
        """
        return cast(
            "CircleLinkOut",
            self.ask(
                "POST",
                "/v1/circle-links",
                {},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def between_circles_withdraw(
        self,
        circle_link_id: str,
        *,
        request_id: str | None = None,
    ) -> CircleLinkOut:
        """Close a link for good: nothing passes any more, also what was passed on before and not read yet.

        DELETE /v1/circle-links/{circle_link_id}; keys: merchant, operator.
        """
        return cast(
            "CircleLinkOut",
            self.ask(
                "DELETE",
                "/v1/circle-links/{circle_link_id}",
                {"circle_link_id": circle_link_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def between_circles_get(
        self,
        circle_link_id: str,
        *,
        request_id: str | None = None,
    ) -> CircleLinkOut:
        """One link; its two owners and the operator see it.

        GET /v1/circle-links/{circle_link_id}; keys: merchant, operator.
        """
        return cast(
            "CircleLinkOut",
            self.ask(
                "GET",
                "/v1/circle-links/{circle_link_id}",
                {"circle_link_id": circle_link_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def between_circles_accept(
        self,
        circle_link_id: str,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> CircleLinkOut:
        """Accept for the caller's circle; the link is open while both owners accept it.

        POST /v1/circle-links/{circle_link_id}/acceptance; keys: merchant.
        """
        return cast(
            "CircleLinkOut",
            self.ask(
                "POST",
                "/v1/circle-links/{circle_link_id}/acceptance",
                {"circle_link_id": circle_link_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
            ),
        )

    def circles_without_a_page_recommend(
        self,
        body: RecommendBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AnonymousAnswer | JobOut:
        """Circles for recent payments of somebody who stays unknown: nothing is kept, not even a receipt.

        POST /v1/circle-recommendations; keys: service.
        """
        return cast(
            "AnonymousAnswer | JobOut",
            self.ask(
                "POST",
                "/v1/circle-recommendations",
                {},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def own_circles_list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        alarm: bool | None = None,
        request_id: str | None = None,
    ) -> OwnCirclesOut:
        """Circles that this key may act on, oldest first; for the operator also those with a take-over alarm.

        GET /v1/circles; keys: merchant, operator.
        """
        return cast(
            "OwnCirclesOut",
            self.ask(
                "GET",
                "/v1/circles",
                {},
                query={"limit": limit, "cursor": cursor, "alarm": alarm},
                headers={"X-Request-Id": request_id},
            ),
        )

    def own_circles_create(
        self,
        body: CircleBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> OwnCircleOut:
        """Make a circle; it waits before it is recommended. Its theme must match something.

        POST /v1/circles; keys: merchant, operator.
        """
        return cast(
            "OwnCircleOut",
            self.ask(
                "POST",
                "/v1/circles",
                {},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def own_circles_close(
        self,
        circle_id: str,
        *,
        if_match: str | None = None,
        request_id: str | None = None,
    ) -> OwnCircleOut:
        """Close a circle for good: nobody is shown it, joins or is invited. Repeating it changes nothing.

        DELETE /v1/circles/{circle_id}; keys: merchant, operator.
        """
        return cast(
            "OwnCircleOut",
            self.ask(
                "DELETE",
                "/v1/circles/{circle_id}",
                {"circle_id": circle_id},
                headers={"If-Match": if_match, "X-Request-Id": request_id},
            ),
        )

    def own_circles_describe(
        self,
        circle_id: str,
        *,
        request_id: str | None = None,
    ) -> CircleDetailOut:
        """What a circle is about; a merchant's key sees the circles that this merchant runs.

        GET /v1/circles/{circle_id}; keys: member, merchant, operator, scientist, service.
        """
        return cast(
            "CircleDetailOut",
            self.ask(
                "GET",
                "/v1/circles/{circle_id}",
                {"circle_id": circle_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def own_circles_edit(
        self,
        circle_id: str,
        body: CircleEditBody,
        *,
        if_match: str | None = None,
        request_id: str | None = None,
    ) -> OwnCircleOut:
        """Change a circle. If-Match names the ETag it is made from: of two changes at once, one is 412.

        PATCH /v1/circles/{circle_id}; keys: merchant, operator.
        """
        return cast(
            "OwnCircleOut",
            self.ask(
                "PATCH",
                "/v1/circles/{circle_id}",
                {"circle_id": circle_id},
                headers={"If-Match": if_match, "X-Request-Id": request_id},
                body=body,
            ),
        )

    def audiences_create(
        self,
        circle_id: str,
        body: AudienceWish,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AudienceOut:
        """Have an audience chosen by a process of its own: ask its address until state is not running.

        POST /v1/circles/{circle_id}/audiences; keys: merchant, operator.
        """
        return cast(
            "AudienceOut",
            self.ask(
                "POST",
                "/v1/circles/{circle_id}/audiences",
                {"circle_id": circle_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def audiences_preview(
        self,
        circle_id: str,
        body: AudienceWish,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AudienceOut:
        """What could be promised of an audience, its size as a band, and what keeps others out.

        POST /v1/circles/{circle_id}/audiences:preview; keys: merchant, operator.
        """
        return cast(
            "AudienceOut",
            self.ask(
                "POST",
                "/v1/circles/{circle_id}/audiences:preview",
                {"circle_id": circle_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def between_circles_flows(
        self,
        circle_id: str,
        *,
        direction: Literal["in", "out", "net"] | None = None,
        window: str | None = None,
        request_id: str | None = None,
    ) -> FlowsOut:
        """How many people joined this circle after another one in a month, or the other way round.

        GET /v1/circles/{circle_id}/flows; keys: merchant, operator.
        """
        return cast(
            "FlowsOut",
            self.ask(
                "GET",
                "/v1/circles/{circle_id}/flows",
                {"circle_id": circle_id},
                query={"direction": direction, "window": window},
                headers={"X-Request-Id": request_id},
            ),
        )

    def between_circles_health(
        self,
        circle_id: str,
        *,
        window: str | None = None,
        request_id: str | None = None,
    ) -> CircleHealthOut:
        """Joins, leaves, newcomers and who stays, by month; groups only. JSON or CSV, by format or Accept.

        GET /v1/circles/{circle_id}/health; keys: merchant, operator.
        """
        return cast(
            "CircleHealthOut",
            self.ask(
                "GET",
                "/v1/circles/{circle_id}/health",
                {"circle_id": circle_id},
                query={"window": window},
                headers={"X-Request-Id": request_id},
            ),
        )

    def moderation_release(
        self,
        circle_id: str,
        *,
        request_id: str | None = None,
    ) -> OwnCircleOut:
        """Give a circle the state back that it had before its quarantine.

        DELETE /v1/circles/{circle_id}/quarantine; keys: operator.
        """
        return cast(
            "OwnCircleOut",
            self.ask(
                "DELETE",
                "/v1/circles/{circle_id}/quarantine",
                {"circle_id": circle_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def moderation_quarantine(
        self,
        circle_id: str,
        body: QuarantineBody,
        *,
        request_id: str | None = None,
    ) -> OwnCircleOut:
        """Keep a circle apart at once: nobody is shown it, joins or is invited.

        PUT /v1/circles/{circle_id}/quarantine; keys: operator.
        """
        return cast(
            "OwnCircleOut",
            self.ask(
                "PUT",
                "/v1/circles/{circle_id}/quarantine",
                {"circle_id": circle_id},
                headers={"X-Request-Id": request_id},
                body=body,
            ),
        )

    def between_circles_related(
        self,
        circle_id: str,
        *,
        limit: int | None = None,
        request_id: str | None = None,
    ) -> RelatedOut:
        """Circles like this one: by members, theme, and what people do. Coarse steps, never people.

        GET /v1/circles/{circle_id}/related; keys: merchant, operator.
        """
        return cast(
            "RelatedOut",
            self.ask(
                "GET",
                "/v1/circles/{circle_id}/related",
                {"circle_id": circle_id},
                query={"limit": limit},
                headers={"X-Request-Id": request_id},
            ),
        )

    def messages_between_circles_send(
        self,
        circle_id: str,
        body: RelayBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> RelayOut:
        """Pass a message of the caller's circle on, by its id, within the topics and the rate of an open link.

        POST /v1/circles/{circle_id}/relays; keys: merchant.
        """
        return cast(
            "RelayOut",
            self.ask(
                "POST",
                "/v1/circles/{circle_id}/relays",
                {"circle_id": circle_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def events_take(
        self,
        body: list[EventRecord] | EventRecord,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> BatchAnswer:
        """Take up to 1,000 events. Joins, leaves and dismissals act at once.

        POST /v1/events; keys: member, service.
        """
        return cast(
            "BatchAnswer",
            self.ask(
                "POST",
                "/v1/events",
                {},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def invitations_respond(
        self,
        invitation_id: str,
        body: ReplyBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> ReplyOut:
        """Accept, which joins the circle, or decline, which is for good; sent again it answers the same.

        POST /v1/invitations/{invitation_id}/responses; keys: member, service.
        """
        return cast(
            "ReplyOut",
            self.ask(
                "POST",
                "/v1/invitations/{invitation_id}/responses",
                {"invitation_id": invitation_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def jobs_cancel(
        self,
        job_id: str,
        *,
        request_id: str | None = None,
    ) -> JobOut:
        """Cancel a training, a promotion or a batch of lists; its process ends before this is answered.

        DELETE /v1/jobs/{job_id}; keys: operator, scientist, service.
        """
        return cast(
            "JobOut",
            self.ask(
                "DELETE",
                "/v1/jobs/{job_id}",
                {"job_id": job_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def jobs_get(
        self,
        job_id: str,
        *,
        request_id: str | None = None,
    ) -> JobOut:
        """How a job is getting on; visible with the key that asked for it, and to operators.

        GET /v1/jobs/{job_id}; keys: member, operator, scientist, service.
        """
        return cast(
            "JobOut",
            self.ask(
                "GET",
                "/v1/jobs/{job_id}",
                {"job_id": job_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def circles_without_a_page_result(
        self,
        job_id: str,
        *,
        start: int | None = None,
        limit: int | None = None,
        request_id: str | None = None,
    ) -> list[Any]:
        """The lists of a batch, one a line: index is the account's place in the request.

        GET /v1/jobs/{job_id}/result; keys: service.
        """
        return cast(
            "list[Any]",
            self.ask(
                "GET",
                "/v1/jobs/{job_id}/result",
                {"job_id": job_id},
                query={"start": start, "limit": limit},
                headers={"X-Request-Id": request_id},
            ),
        )

    def links_get(
        self,
        link_id: str,
        *,
        user_id: str | None = None,
        request_id: str | None = None,
    ) -> LinkItem:
        """One suggestion or link, by the handle that this user was given; all else is 404, the same bytes.

        GET /v1/links/{link_id}; keys: member, service.
        """
        return cast(
            "LinkItem",
            self.ask(
                "GET",
                "/v1/links/{link_id}",
                {"link_id": link_id},
                query={"user_id": user_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def links_respond(
        self,
        link_id: str,
        body: LinkResponse,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> LinkAnswer:
        """Accept, decline, block or report; sending it again gives the same answer.

        POST /v1/links/{link_id}/responses; keys: member, service.
        """
        return cast(
            "LinkAnswer",
            self.ask(
                "POST",
                "/v1/links/{link_id}/responses",
                {"link_id": link_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def catalogue_get_merchant(
        self,
        merchant_id: str,
        *,
        request_id: str | None = None,
    ) -> MerchantThingOut:
        """What is kept of a merchant; a merchant's key reads its own.

        GET /v1/merchants/{merchant_id}; keys: merchant, operator, service.
        """
        return cast(
            "MerchantThingOut",
            self.ask(
                "GET",
                "/v1/merchants/{merchant_id}",
                {"merchant_id": merchant_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def catalogue_put_merchant(
        self,
        merchant_id: str,
        body: MerchantBody,
        *,
        if_match: str | None = None,
        request_id: str | None = None,
    ) -> MerchantThingOut:
        """Say what a merchant is. Its category decides the scene and the wall of payments from now on.

        PUT /v1/merchants/{merchant_id}; keys: operator, service.
        """
        return cast(
            "MerchantThingOut",
            self.ask(
                "PUT",
                "/v1/merchants/{merchant_id}",
                {"merchant_id": merchant_id},
                headers={"If-Match": if_match, "X-Request-Id": request_id},
                body=body,
            ),
        )

    def merchants_fan_graph(
        self,
        merchant_id: str,
        *,
        expand: Sequence[str] | None = None,
        request_id: str | None = None,
    ) -> FanGraphOut:
        """Groups of fans by closeness and scene, circles and other shops, placed in rings.

        GET /v1/merchants/{merchant_id}/fan-graph; keys: merchant, operator.
        """
        return cast(
            "FanGraphOut",
            self.ask(
                "GET",
                "/v1/merchants/{merchant_id}/fan-graph",
                {"merchant_id": merchant_id},
                query={"expand": expand},
                headers={"X-Request-Id": request_id},
            ),
        )

    def merchants_peers(
        self,
        merchant_id: str,
        *,
        request_id: str | None = None,
    ) -> PeersOut:
        """The merchant beside similar ones: its own figures and their quartiles, and how they were chosen.

        GET /v1/merchants/{merchant_id}/peers; keys: merchant, operator.
        """
        return cast(
            "PeersOut",
            self.ask(
                "GET",
                "/v1/merchants/{merchant_id}/peers",
                {"merchant_id": merchant_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def merchants_portrait(
        self,
        merchant_id: str,
        *,
        closeness: str | None = None,
        scene: str | None = None,
        request_id: str | None = None,
    ) -> PortraitOut:
        """Who the fans are: how they come and when, what they buy here and elsewhere, what grows among them.

        GET /v1/merchants/{merchant_id}/portrait; keys: merchant, operator.
        """
        return cast(
            "PortraitOut",
            self.ask(
                "GET",
                "/v1/merchants/{merchant_id}/portrait",
                {"merchant_id": merchant_id},
                query={"closeness": closeness, "scene": scene},
                headers={"X-Request-Id": request_id},
            ),
        )

    def models_list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        request_id: str | None = None,
    ) -> ModelsOut:
        """Published versions, oldest first, with their metrics beside those of the baselines.

        GET /v1/models; keys: operator, scientist, service.
        """
        return cast(
            "ModelsOut",
            self.ask(
                "GET",
                "/v1/models",
                {},
                query={"limit": limit, "cursor": cursor},
                headers={"X-Request-Id": request_id},
            ),
        )

    def models_diff(
        self,
        a: str,
        b: str,
        *,
        request_id: str | None = None,
    ) -> ModelDiffOut:
        """How version b differs from version a: data, figures, weights, and what people are shown.

        GET /v1/models/{a}/diff/{b}; keys: operator, scientist.
        """
        return cast(
            "ModelDiffOut",
            self.ask(
                "GET",
                "/v1/models/{a}/diff/{b}",
                {"a": a, "b": b},
                headers={"X-Request-Id": request_id},
            ),
        )

    def models_get(
        self,
        version: str,
        *,
        request_id: str | None = None,
    ) -> ModelCardOut:
        """One version: its card, its weights, and the report of the gate.

        GET /v1/models/{version}; keys: operator, scientist.
        """
        return cast(
            "ModelCardOut",
            self.ask(
                "GET",
                "/v1/models/{version}",
                {"version": version},
                headers={"X-Request-Id": request_id},
            ),
        )

    def models_promote(
        self,
        version: str,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> JobOut:
        """Put a version to the gate, in a process of its own; it is promoted and served when it passes.

        POST /v1/models/{version}:promote; keys: operator, scientist.
        """
        return cast(
            "JobOut",
            self.ask(
                "POST",
                "/v1/models/{version}:promote",
                {"version": version},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
            ),
        )

    def models_rollback(
        self,
        version: str,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> ServedOut:
        """Go back from the served version to the one before it; every worker follows within a second.

        POST /v1/models/{version}:rollback; keys: operator, scientist.
        """
        return cast(
            "ServedOut",
            self.ask(
                "POST",
                "/v1/models/{version}:rollback",
                {"version": version},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
            ),
        )

    def payments_take(
        self,
        body: list[PaymentRecord] | PaymentRecord,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> BatchAnswer:
        """Take up to 1,000 payments; each payment_id counts once, however often it is sent.

        POST /v1/payments; keys: service.
        """
        return cast(
            "BatchAnswer",
            self.ask(
                "POST",
                "/v1/payments",
                {},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def catalogue_get_product(
        self,
        product_id: str,
        *,
        request_id: str | None = None,
    ) -> ProductThingOut:
        """What is kept of a product; a merchant's key reads those that it makes or sells.

        GET /v1/products/{product_id}; keys: merchant, operator, service.
        """
        return cast(
            "ProductThingOut",
            self.ask(
                "GET",
                "/v1/products/{product_id}",
                {"product_id": product_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def catalogue_put_product(
        self,
        product_id: str,
        body: ProductBody,
        *,
        if_match: str | None = None,
        request_id: str | None = None,
    ) -> ProductThingOut:
        """Say what a product is. Its category decides before that of the merchant; see there.

        PUT /v1/products/{product_id}; keys: operator, service.
        """
        return cast(
            "ProductThingOut",
            self.ask(
                "PUT",
                "/v1/products/{product_id}",
                {"product_id": product_id},
                headers={"If-Match": if_match, "X-Request-Id": request_id},
                body=body,
            ),
        )

    def recommendations_get(
        self,
        rec_id: str,
        *,
        request_id: str | None = None,
    ) -> RecommendationOut:
        """The receipt of an answer: version, snapshot, policy, list with scores, candidates by source, and what

        GET /v1/recommendations/{rec_id}; keys: operator, service.
        """
        return cast(
            "RecommendationOut",
            self.ask(
                "GET",
                "/v1/recommendations/{rec_id}",
                {"rec_id": rec_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def recommendations_replay(
        self,
        rec_id: str,
        *,
        request_id: str | None = None,
    ) -> ReplayOut:
        """An earlier answer again, from the version that made it, under the consents and rules of today.

        GET /v1/recommendations/{rec_id}/replay; keys: operator, service.
        """
        return cast(
            "ReplayOut",
            self.ask(
                "GET",
                "/v1/recommendations/{rec_id}/replay",
                {"rec_id": rec_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def moderation_reports(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: Literal["waiting", "upheld", "rejected"] | None = None,
        request_id: str | None = None,
    ) -> ReportsOut:
        """Reports of circles, the most reported circle first; never who reported.

        GET /v1/reports; keys: operator.
        """
        return cast(
            "ReportsOut",
            self.ask(
                "GET",
                "/v1/reports",
                {},
                query={"limit": limit, "cursor": cursor, "state": state},
                headers={"X-Request-Id": request_id},
            ),
        )

    def moderation_reject(
        self,
        report_id: str,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> ReportOut:
        """Say that a report is not right; once. It no longer counts for the take-over alarm.

        POST /v1/reports/{report_id}:reject; keys: operator.
        """
        return cast(
            "ReportOut",
            self.ask(
                "POST",
                "/v1/reports/{report_id}:reject",
                {"report_id": report_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
            ),
        )

    def moderation_uphold(
        self,
        report_id: str,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> ReportOut:
        """Say that a report is right; once. What to do about the circle is another decision.

        POST /v1/reports/{report_id}:uphold; keys: operator.
        """
        return cast(
            "ReportOut",
            self.ask(
                "POST",
                "/v1/reports/{report_id}:uphold",
                {"report_id": report_id},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
            ),
        )

    def merchants_search(
        self,
        *,
        q: str,
        kinds: Sequence[str] | None = None,
        request_id: str | None = None,
    ) -> SearchOut:
        """The caller's own groups, and public names of circles, merchants, categories and scenes; 20 at most.

        GET /v1/search; keys: merchant, operator.
        """
        return cast(
            "SearchOut",
            self.ask(
                "GET",
                "/v1/search",
                {},
                query={"q": q, "kinds": kinds},
                headers={"X-Request-Id": request_id},
            ),
        )

    def own_circles_preview(
        self,
        body: ThemeBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> ThemePreviewOut:
        """What a theme means in the data: what it includes, what it leaves out, about how many people.

        POST /v1/themes:preview; keys: merchant, operator.
        """
        return cast(
            "ThemePreviewOut",
            self.ask(
                "POST",
                "/v1/themes:preview",
                {},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def jobs_train(
        self,
        body: TrainingBody,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> JobOut:
        """Train on what is known now, in a process of its own; the new version is served when it is published.

        POST /v1/training-jobs; keys: operator, scientist.
        """
        return cast(
            "JobOut",
            self.ask(
                "POST",
                "/v1/training-jobs",
                {},
                headers={"X-Request-Id": request_id, "Idempotency-Key": idempotency_key},
                body=body,
            ),
        )

    def users_delete(
        self,
        user_id: str,
        *,
        request_id: str | None = None,
    ) -> JobOut:
        """Erase a person. Gone from every answer at once; the job cleans the log, versions and snapshots.

        DELETE /v1/users/{user_id}; keys: member, service.
        """
        return cast(
            "JobOut",
            self.ask(
                "DELETE",
                "/v1/users/{user_id}",
                {"user_id": user_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def users_get(
        self,
        user_id: str,
        *,
        request_id: str | None = None,
    ) -> UserOut:
        """What is kept of an account; never its payments.

        GET /v1/users/{user_id}; keys: member, service.
        """
        return cast(
            "UserOut",
            self.ask(
                "GET",
                "/v1/users/{user_id}",
                {"user_id": user_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def users_put(
        self,
        user_id: str,
        body: UserBody,
        *,
        if_match: str | None = None,
        request_id: str | None = None,
    ) -> UserOut:
        """Create an account, or change what is said of it; with If-Match only the account that was seen.

        PUT /v1/users/{user_id}; keys: service.
        """
        return cast(
            "UserOut",
            self.ask(
                "PUT",
                "/v1/users/{user_id}",
                {"user_id": user_id},
                headers={"If-Match": if_match, "X-Request-Id": request_id},
                body=body,
            ),
        )

    def users_card(
        self,
        user_id: str,
        *,
        days: int | None = None,
        request_id: str | None = None,
    ) -> CardOut:
        """What is known and inferred of a person, from which data, what for, who asked, and what is muted.

        GET /v1/users/{user_id}/card; keys: member, service.
        """
        return cast(
            "CardOut",
            self.ask(
                "GET",
                "/v1/users/{user_id}/card",
                {"user_id": user_id},
                query={"days": days},
                headers={"X-Request-Id": request_id},
            ),
        )

    def circles_for_user(
        self,
        user_id: str,
        *,
        limit: int | None = None,
        exclude: Sequence[str] | None = None,
        cursor: str | None = None,
        scene: Literal["shopping", "entertainment", "finance", "dining", "concerts", "fitness", "credit", "other"] | None = None,
        explain: bool | None = None,
        mode: Literal["personal", "non_profiling"] | None = None,
        request_id: str | None = None,
    ) -> CirclesAnswer:
        """Circles for a user, each with the reasons for it.

        GET /v1/users/{user_id}/circles; keys: member, service.
        """
        return cast(
            "CirclesAnswer",
            self.ask(
                "GET",
                "/v1/users/{user_id}/circles",
                {"user_id": user_id},
                query={"limit": limit, "exclude": exclude, "cursor": cursor, "scene": scene, "explain": explain, "mode": mode},
                headers={"X-Request-Id": request_id},
            ),
        )

    def users_consents(
        self,
        user_id: str,
        *,
        request_id: str | None = None,
    ) -> ConsentsOut:
        """What a person agreed to, purpose by purpose: how it stands, and when and by which door that came.

        GET /v1/users/{user_id}/consents; keys: member, service.
        """
        return cast(
            "ConsentsOut",
            self.ask(
                "GET",
                "/v1/users/{user_id}/consents",
                {"user_id": user_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def users_put_consent(
        self,
        user_id: str,
        purpose: str,
        body: Granted,
        *,
        if_match: str | None = None,
        request_id: str | None = None,
    ) -> ConsentOut:
        """Grant or withdraw one purpose; counts from the next request on.

        PUT /v1/users/{user_id}/consents/{purpose}; keys: member, service.
        """
        return cast(
            "ConsentOut",
            self.ask(
                "PUT",
                "/v1/users/{user_id}/consents/{purpose}",
                {"user_id": user_id, "purpose": purpose},
                headers={"If-Match": if_match, "X-Request-Id": request_id},
                body=body,
            ),
        )

    def invitations_for_user(
        self,
        user_id: str,
        *,
        request_id: str | None = None,
    ) -> InvitationsOut:
        """Invitations that a user can still answer, newest first; an empty list says why.

        GET /v1/users/{user_id}/invitations; keys: member, service.
        """
        return cast(
            "InvitationsOut",
            self.ask(
                "GET",
                "/v1/users/{user_id}/invitations",
                {"user_id": user_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def links_for_user(
        self,
        user_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: Literal["suggested", "connected"] | None = None,
        request_id: str | None = None,
    ) -> LinksAnswer:
        """People suggested to a user this week, or those they are linked with; both sides are shown, or neither.

        GET /v1/users/{user_id}/links; keys: member, service.
        """
        return cast(
            "LinksAnswer",
            self.ask(
                "GET",
                "/v1/users/{user_id}/links",
                {"user_id": user_id},
                query={"limit": limit, "cursor": cursor, "state": state},
                headers={"X-Request-Id": request_id},
            ),
        )

    def messages_between_circles_mutes(
        self,
        user_id: str,
        *,
        request_id: str | None = None,
    ) -> MutesOut:
        """What a person wants no messages of, and which of their payments they want unused.

        GET /v1/users/{user_id}/mutes; keys: member, service.
        """
        return cast(
            "MutesOut",
            self.ask(
                "GET",
                "/v1/users/{user_id}/mutes",
                {"user_id": user_id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def messages_between_circles_unmute(
        self,
        user_id: str,
        kind: str,
        id: str,
        *,
        request_id: str | None = None,
    ) -> MutesOut:
        """Want them again; what was muted comes back as it was.

        DELETE /v1/users/{user_id}/mutes/{kind}/{id}; keys: member, service.
        """
        return cast(
            "MutesOut",
            self.ask(
                "DELETE",
                "/v1/users/{user_id}/mutes/{kind}/{id}",
                {"user_id": user_id, "kind": kind, "id": id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def messages_between_circles_mute(
        self,
        user_id: str,
        kind: str,
        id: str,
        *,
        request_id: str | None = None,
    ) -> MutesOut:
        """Want no messages of a circle (circles), or of all that a merchant runs (owners); or no answer that

        PUT /v1/users/{user_id}/mutes/{kind}/{id}; keys: member, service.
        """
        return cast(
            "MutesOut",
            self.ask(
                "PUT",
                "/v1/users/{user_id}/mutes/{kind}/{id}",
                {"user_id": user_id, "kind": kind, "id": id},
                headers={"X-Request-Id": request_id},
            ),
        )

    def messages_between_circles_received(
        self,
        user_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        request_id: str | None = None,
    ) -> RelaysOut:
        """Messages that were passed on to a person's circles, the newest first, as ids that the app looks up.

        GET /v1/users/{user_id}/relays; keys: member, service.
        """
        return cast(
            "RelaysOut",
            self.ask(
                "GET",
                "/v1/users/{user_id}/relays",
                {"user_id": user_id},
                query={"limit": limit, "cursor": cursor},
                headers={"X-Request-Id": request_id},
            ),
        )
