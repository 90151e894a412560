"""What is sold and visited: real category names in two languages, with their prices, hours and share.

Product categories, their share of the lines, and mean and spread of the logarithm of their unit price are
those of Complete Journey (prices times seven, dollars to yuan). Shares and prices of services are chosen,
not fitted: no public set has them. Every name is one that `policy.toml` places in the scene said here.
"""

from typing import NamedTuple


class Service(NamedTuple):
    """A kind of merchant that is paid without products."""

    category: str
    chinese: str
    scene: str
    share: float  # of all service visits, relative
    log_price: float  # mean of ln(amount in yuan)
    spread: float  # standard deviation between the merchants of the category
    hours: str  # key of HOURS
    sensitive: bool = False


class Goods(NamedTuple):
    """A category of products."""

    category: str
    share: float  # of all product lines, relative
    log_price: float  # mean of ln(unit price in dollars)
    spread: float  # standard deviation of ln(unit price) between its products
    sensitive: bool = False


SERVICES = (
    Service("Coffee shop", "咖啡店", "dining", 8, 3.3, 0.3, "cafe"),
    Service("Tea house", "茶馆", "dining", 3, 3.6, 0.5, "cafe"),
    Service("奶茶店", "奶茶店", "dining", 5, 2.9, 0.3, "cafe"),
    Service("Noodle restaurant", "面馆餐厅", "dining", 8, 3.3, 0.4, "meals"),
    Service("火锅", "火锅店", "dining", 5, 5.2, 0.4, "meals"),
    Service("Seafood restaurant", "海鲜餐厅", "dining", 4, 5.4, 0.5, "meals"),
    Service("Vegetarian restaurant", "素食餐厅", "dining", 2, 4.2, 0.4, "meals"),
    Service("Fast food restaurant", "快餐店", "dining", 5, 3.4, 0.3, "meals"),
    Service("Clothing store", "服装店", "shopping", 6, 5.3, 0.7, "shops"),
    Service("Electronics store", "电子产品商场", "shopping", 3, 6.3, 1.0, "shops"),
    Service("Convenience store", "便利超市", "shopping", 10, 2.9, 0.4, "shops"),
    Service("Flower shop", "花店", "shopping", 2, 4.4, 0.5, "shops"),
    Service("百货商场", "百货商场", "shopping", 5, 5.5, 0.8, "shops"),
    Service("Cinema", "电影院", "entertainment", 5, 4.1, 0.3, "evenings"),
    Service("Bookstore", "书店", "entertainment", 3, 4.2, 0.5, "shops"),
    Service("Video games", "电子游戏", "entertainment", 4, 4.0, 0.8, "evenings"),
    Service("Museum", "博物馆", "entertainment", 2, 3.9, 0.5, "shops"),
    Service("Concert hall", "音乐会", "concerts", 2, 5.6, 0.5, "evenings"),
    Service("Live music club", "现场音乐演出", "concerts", 2, 4.8, 0.4, "evenings"),
    Service("演唱会", "演唱会", "concerts", 1, 6.4, 0.4, "evenings"),
    Service("Gym", "健身房", "fitness", 3, 4.6, 0.5, "gyms"),
    Service("Yoga studio", "瑜伽馆", "fitness", 2, 4.8, 0.4, "gyms"),
    Service("Climbing hall", "攀岩运动馆", "fitness", 1, 4.7, 0.3, "gyms"),
    Service("Sports ground", "运动场馆", "fitness", 2, 4.0, 0.5, "gyms"),
    Service("Bank services", "银行服务", "finance", 2, 6.8, 1.0, "office"),
    Service("Insurance", "保险", "finance", 1, 6.5, 0.8, "office"),
    Service("基金", "基金", "finance", 1, 6.9, 1.0, "office"),
    Service("Credit card payment", "信用卡还款", "credit", 2, 7.2, 0.8, "office"),
    Service("Instalment plan", "分期付款", "credit", 1, 6.2, 0.6, "office"),
    Service("Pharmacy", "药店", "shopping", 2, 4.0, 0.6, "shops", sensitive=True),
    Service("Dental clinic", "牙科诊所", "shopping", 0.5, 6.0, 0.7, "office", sensitive=True),
    Service("Liquor store", "酒类商店", "shopping", 1, 5.0, 0.8, "evenings", sensitive=True),
    Service("Lottery shop", "彩票店", "shopping", 0.5, 2.7, 0.4, "shops", sensitive=True),
)
RETAIL = (("Supermarket", "超市"), ("Grocery store", "食品超市"), ("Hypermarket shopping", "购物大超市"))
RETAIL_HOURS = "retail"

GOODS = (
    Goods("SOFT DRINKS", 65161, 0.51, 0.69),
    Goods("FLUID MILK PRODUCTS", 48386, 0.55, 0.41),
    Goods("BAKED BREAD/BUNS/ROLLS", 47145, 0.31, 0.45),
    Goods("CHEESE", 42636, 0.62, 0.48),
    Goods("BAG SNACKS", 37826, 0.53, 0.71),
    Goods("FRZN MEAT/MEAT DINNERS", 32353, 0.63, 0.59),
    Goods("BEEF", 27453, 1.44, 0.55),
    Goods("SOUP", 25762, -0.05, 0.82),
    Goods("YOGURT", 25531, -0.36, 0.72),
    Goods("FROZEN PIZZA", 23945, 0.74, 0.66),
    Goods("VEGETABLES - SHELF STABLE", 23127, -0.36, 0.56),
    Goods("COLD CEREAL", 21352, 0.95, 0.33),
    Goods("CANDY - CHECKLANE", 20086, -0.74, 0.64),
    Goods("TROPICAL FRUIT", 19713, -0.09, 0.55),
    Goods("LUNCHMEAT", 19384, 0.66, 0.52),
    Goods("CANDY - PACKAGED", 19360, 0.40, 0.67),
    Goods("REFRGRATD JUICES/DRNKS", 17299, 0.58, 0.51),
    Goods("CRACKERS/MISC BKD FD", 16806, 0.59, 0.52),
    Goods("EGGS", 15978, 0.07, 0.42),
    Goods("ICE CREAM/MILK/SHERBTS", 15957, 0.89, 0.48),
    Goods("DELI MEATS", 14124, 1.28, 0.53),
    Goods("FRZN VEGETABLE/VEG DSH", 13185, 0.28, 0.36),
    Goods("CONDIMENTS/SAUCES", 13181, 0.40, 0.52),
    Goods("COOKIES/CONES", 12349, 0.71, 0.48),
    Goods("DRY BN/VEG/POTATO/RICE", 12076, 0.24, 0.40),
    Goods("WATER - CARBONATED/FLVRD DRINK", 11724, 0.62, 0.74),
    Goods("BABY FOODS", 11208, -0.34, 0.60, sensitive=True),
    Goods("SALAD MIX", 10051, 0.73, 0.37),
    Goods("BAKING MIXES", 10003, 0.19, 0.58),
    Goods("CHICKEN", 9971, 1.21, 0.50),
    Goods("BEERS/ALES", 9923, 1.85, 0.71, sensitive=True),
    Goods("DRY NOODLES/PASTA", 9677, 0.00, 0.40),
    Goods("CAT FOOD", 9488, -0.37, 1.19),
    Goods("CIGARETTES", 6787, 1.48, 0.82, sensitive=True),
    Goods("ISOTONIC DRINKS", 6533, 0.29, 0.64),
    Goods("SALAD BAR", 5531, 0.82, 0.81),
    Goods("MAGAZINE", 5426, 1.10, 0.49),
    Goods("COLD AND FLU", 3447, 1.17, 0.68, sensitive=True),
    Goods("NEWSPAPER", 3117, -0.07, 0.56),
    Goods("PREPARED FOOD", 2776, 1.09, 0.70),
)

# Share of the payments by local hour, 0 to 23. `retail` is Complete Journey's; the others are chosen.
# fmt: off
HOURS: dict[str, tuple[float, ...]] = {
    "retail": (7, 6, 3, 2, 3, 8, 18, 29, 41, 61, 84, 100,
               104, 109, 116, 132, 149, 151, 133, 111, 83, 53, 30, 15),
    "cafe": (0, 0, 0, 0, 0, 1, 5, 18, 22, 18, 15, 12, 12, 16, 18, 18, 14, 10, 8, 8, 6, 4, 2, 1),
    "meals": (2, 1, 0, 0, 0, 0, 2, 8, 6, 3, 6, 22, 34, 16, 5, 3, 6, 20, 34, 28, 14, 8, 5, 3),
    "shops": (1, 0, 0, 0, 0, 0, 1, 4, 8, 14, 18, 18, 16, 16, 18, 20, 20, 22, 24, 24, 20, 12, 5, 2),
    "evenings": (4, 2, 1, 0, 0, 0, 0, 0, 0, 1, 3, 5, 5, 6, 8, 8, 8, 10, 18, 28, 30, 22, 14, 8),
    "gyms": (0, 0, 0, 0, 0, 2, 12, 18, 12, 8, 8, 8, 8, 5, 5, 6, 10, 20, 30, 28, 18, 8, 2, 0),
    "office": (0, 0, 0, 0, 0, 0, 1, 3, 12, 24, 26, 20, 12, 16, 22, 22, 16, 8, 4, 3, 3, 2, 1, 0),
}
# fmt: on
# Baskets from Monday to Sunday, Complete Journey.
WEEKDAYS = (21930, 20883, 20554, 20792, 21600, 24682, 25407)

# Currency, its share of the cities, units of it in a yuan, digits after the point, hours ahead of UTC.
CURRENCIES = (
    ("CNY", 0.80, 1.0, 2, 8),
    ("HKD", 0.08, 1.1, 2, 8),
    ("USD", 0.05, 0.14, 2, -5),
    ("EUR", 0.04, 0.13, 2, 1),
    ("JPY", 0.03, 21.0, 0, 9),
)
