"""What is kept: responses and conversations, in memory, SQLite or PostgreSQL."""
