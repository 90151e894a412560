"""What a portrait has to say about itself, in words: codes for machines, English and Chinese for people."""

from typing import Any

WHY_EMPTY = {
    "not_built": "no portraits have been made yet; `circles portraits build` makes them, once a week",
    "too_few": "too few fans to tell anything without telling about single people; counted again each week",
}
NOTES = {
    "one_window": (
        "There is one window, made of whole weeks: every further one would tell more about single people.",
        "只提供一个由整周组成的时间窗口：窗口越多，对个人的泄露就越多。",
    ),
    "noise": (
        "Counts carry noise, so that nobody can be found in them; small differences mean nothing.",
        "所有数字都加入了随机噪声，以免识别到个人；细小的差别没有意义。",
    ),
    "of_closeness": (
        "Only people and interests are about this group; all else is about all fans who come as often.",
        "仅人数与兴趣针对这一人群；其余各项针对同一亲疏程度的全部粉丝。",
    ),
    "of_all_in_scene": (
        "Only people and interests are about this scene; everything else is about all fans.",
        "仅人数与兴趣针对这一场景；其余各项针对全部粉丝。",
    ),
    "rising_of_all": (
        "Growth is foreseen for all fans together.",
        "增长按全部粉丝预计。",
    ),
    "no_peers": (
        "There are too few similar merchants to compare with.",
        "可供比较的同类商户太少。",
    ),
    "closeness": (
        "Regulars, occasional and new fans: by the days on which they came in the window.",
        "常客、偶尔光顾与新粉丝：按窗口内光顾的天数划分。",
    ),
}
HIDDEN = (
    "Too few values are large enough to be shown here without telling about single people.",
    "此处足够大、可以显示而不涉及个人的数值太少。",
)
NOT_FORESEEN = (
    "Nothing here can be foreseen to rise or fall: too few people, and noise that protects them.",
    "人数太少，加上保护个人的噪声，目前无法判断哪些会增长或下降。",
)
_HIDDEN = {"rising": NOT_FORESEEN}  # else HIDDEN


def note(code: str) -> dict[str, str]:
    en, zh = NOTES[code]
    return {"code": code, "en": en, "zh": zh}


def hidden_note(attribute: str) -> dict[str, Any]:
    """Why an attribute is hidden as a whole; the code is its name."""
    en, zh = _HIDDEN.get(attribute, HIDDEN)
    return {"code": attribute, "en": en, "zh": zh}
