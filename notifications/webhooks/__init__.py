"""Events for other people's programs and chats: who gets which, in what shape, and how it reaches them."""
