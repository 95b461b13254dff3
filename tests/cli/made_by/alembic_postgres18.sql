-- made by `alembic upgrade head --sql` (alembic 1.20), with a row in each table
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE customers (
    id SERIAL NOT NULL,
    email VARCHAR(200) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (email)
);
CREATE TYPE status AS ENUM ('draft', 'paid');
CREATE TABLE orders (
    id SERIAL NOT NULL,
    customer_id INTEGER NOT NULL,
    status status NOT NULL,
    total NUMERIC(10, 2) NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(customer_id) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE INDEX ix_orders_customer_id ON orders (customer_id);
INSERT INTO alembic_version (version_num) VALUES ('09cc2e24ad4b');
INSERT INTO customers (email) VALUES ('ada@example.com');
INSERT INTO orders (customer_id, status, total) VALUES (1, 'draft', 12.50);
