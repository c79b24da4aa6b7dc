"""What a ``User-Agent`` means in words."""

BROWSERS = {
    "Edg/": "Edge",
    "EdgA/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}
"""In an order in which the first that is found is right: most name others, too."""


def device(user_agent: str) -> str:
    """The browser and what it runs on, or the program, as far as it says so."""
    if not user_agent.startswith("Mozilla/"):
        return user_agent.partition(" ")[0] or "Unknown program"
    browser = next((name for sign, name in BROWSERS.items() if sign in user_agent), "Browser")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), None)
    return f"{browser} on {system}" if system else browser
