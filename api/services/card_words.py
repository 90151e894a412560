"""What the card says in words, English and Chinese."""

from typing import Any

from graph.schema import Purpose

Both = dict[str, str]


def _both(en: str, zh: str) -> Both:
    return {"text": en, "text_zh": zh}


SCENES: dict[str, Both] = {
    "shopping": _both("Shopping", "购物"),
    "entertainment": _both("Entertainment", "娱乐"),
    "finance": _both("Finance", "金融"),
    "dining": _both("Dining", "餐饮"),
    "concerts": _both("Concerts", "演出"),
    "fitness": _both("Fitness", "健身"),
    "credit": _both("Credit", "信贷"),
    "other": _both("Other", "其他"),
}
BANDS: dict[str, Both] = {
    "often": _both("often", "经常"),
    "sometimes": _both("sometimes", "有时"),
    "seldom": _both("once or twice", "一两次"),
}
USES: dict[Purpose, Both] = {
    Purpose.CIRCLES: _both(
        "Your payments order the circles that you are shown, and messages of your circles reach you.",
        "你看到的圈子会按你的付款来排序；你所在圈子的消息会发给你。",
    ),
    Purpose.LINKS: _both(
        "Shops that you share with somebody who agreed too may suggest you to each other, both or neither, "
        "without a name.",
        "如果另一位也同意的人和你去过同样的店，你们可能会被互相推荐：要么双方都看到，要么都看不到，不透露姓名。",
    ),
    Purpose.PORTRAITS: _both(
        "You count in a merchant's groups of at least 20 people, with noise, and circles that you fit may "
        "invite you.",
        "你会计入商家看到的人群统计（每组至少 20 人，并加入随机误差）；适合你的圈子可能会邀请你。",
    ),
}
OFF = _both("Off: not used for this.", "未同意：不作此用途。")
WALLED = _both(
    "Behind the sensitive wall: kept, and used for nothing and nobody, not for your own list either.",
    "因敏感而单独隔开：只保存，不作任何用途，不给任何人用，连你自己的列表也不用。",
)
MUTED = _both(
    "Muted by you: used for nothing until you take it back.", "已被你屏蔽：在你取消屏蔽之前，不作任何用途。"
)
ASKED = _both(
    "How often answers used these data. Who was suggested to whom is told to nobody, and an owner never "
    "learns whom a circle invites.",
    "用这些数据作出答复的次数。谁被推荐给了谁，不会告诉任何人；圈主也永远不会知道圈子邀请了谁。",
)


def spoken(value: Both, **more: Any) -> dict[str, Any]:
    """Words with what they are about."""
    return more | value
