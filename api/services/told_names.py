"""Names on a merchant's page, in English and Chinese; what data has in one language is the same in both."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from api.services.words import pretty
from graph.portraits.groups import Group

Name = dict[str, str]


def _name(en: str, zh: str) -> Name:
    return {"en": en, "zh": zh}


STANDING_NAMES = {
    "near": _name("Regulars", "常客"),
    "mid": _name("Occasional fans", "偶尔光顾"),
    "far": _name("New fans", "新粉丝"),
    "lost": _name("Lost fans", "流失粉丝"),
}
SCENE_NAMES = {
    "shopping": _name("Shopping", "购物"),
    "entertainment": _name("Entertainment", "娱乐"),
    "dining": _name("Dining", "餐饮"),
    "concerts": _name("Concerts", "音乐演出"),
    "fitness": _name("Fitness", "运动健身"),
    "other": _name("No leading interest", "无突出兴趣"),
}
DAY_NAMES = [
    _name(en, zh)
    for en, zh in (
        ("Mon", "周一"), ("Tue", "周二"), ("Wed", "周三"), ("Thu", "周四"),
        ("Fri", "周五"), ("Sat", "周六"), ("Sun", "周日"),
    )
]  # fmt: skip
MEASURE_NAMES = {
    "people": _name("Fans", "粉丝"),
    "regulars": _name("Share of regulars", "常客占比"),
    "new": _name("Share of new fans", "新粉丝占比"),
    "kept": _name("Fans who came again", "再次光顾的粉丝"),
    "change": _name("Change in fans", "粉丝变化"),
}
KIND_NAMES = {
    "store": _name("Store", "门店"),
    "brand": _name("Brand", "品牌"),
    "institution": _name("Institution", "机构"),
}
CHOSEN_BY_NAMES = {
    "kind": _name("Kind of merchant", "商户类型"),
    "category": _name("Category", "品类"),
    "scene": _name("Scene", "场景"),
    "people": _name("Number of fans", "粉丝数量"),
}
WHY_NAMES = {
    "near": _name("Come regularly", "经常光顾"),
    "mid": _name("Come now and then", "偶尔光顾"),
    "far": _name("Came for the first time in this window", "在本期内首次光顾"),
    "overlaps": _name("Fans joined this circle last", "粉丝最近加入的圈子"),
    "covisits": _name("Fans go here most often besides", "粉丝最常去的其他商户"),
    "part": _name("Part of this group", "属于这一人群"),
}


def public(text: str) -> Name:
    """A name from the data, the same in every language."""
    shown = _pretty(text)
    return _name(shown, shown)


_pretty = lru_cache(maxsize=50_000)(pretty)  # the same few thousand labels in every answer


def group_name(group: Group) -> Name:
    """`Regulars · Dining`; of one interest `Regulars · Coffee`."""
    what = public(group.category) if group.category else SCENE_NAMES[group.scene]
    return {
        language: f"{who} · {what[language]}" for language, who in STANDING_NAMES[group.closeness].items()
    }


def about(what: Name) -> Name:
    return _name(f"Both are about {what['en']}", f"都与“{what['zh']}”有关")


def band_names(edges: Sequence[float]) -> list[Name]:
    """Amount bands in major units; 0 is "no amount", the last one is open."""
    told = [f"{edge:g}" for edge in edges]
    inner = [_name(f"{low} to {high}", f"{low}–{high}") for low, high in pairwise(told)]
    first = [
        _name("Amount not known", "金额未知"),
        *(_name(f"Up to {edge}", f"{edge} 以下") for edge in told[:1]),
    ]
    return [*first, *inner, *(_name(f"Over {edge}", f"{edge} 以上") for edge in told[-1:])]
